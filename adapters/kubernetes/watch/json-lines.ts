// A stream of JSON values, one a line, as the API server sends a watch. A line has a bound, and so has what is held.

/** Larger than any object that etcd takes. */
export const longestLineBytes = 8 * 1024 * 1024;

export async function* jsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    let rest = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8');
      held = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') yield parsed(line);
    }
    if (rest.length === 0) continue;
    held.push(rest);
    bytes += rest.length;
    if (bytes > longestLineBytes)
      throw Object.assign(new Error('a line of the watch is too long'), { code: 'LINE_TOO_LONG' });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw Object.assign(new Error('a line of the watch is no JSON'), { code: 'LINE_IS_NO_JSON' });
  }
}
