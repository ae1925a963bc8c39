// Reads server-sent events from the body of an answer.

export type StreamMessage = {
  readonly event: string;
  /** Empty when the message has none. */
  readonly id: string;
  readonly data: string;
};

/** One event of a timeline takes some kilobytes; something that never ends its message is no Sentinel. */
const longestMessage = 16 * 1024 * 1024;

/** Messages as they arrive, until the body ends; comments and messages without data are left out. */
export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage, void> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    if (rest.length > longestMessage) throw new Error('a message in the stream is too long');
    const blocks = rest.replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = messageOf(block.split('\n'));
      if (message !== null) yield message;
    }
  }
}

function messageOf(lines: readonly string[]): StreamMessage | null {
  const values = (name: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = values('data');
  if (data.length === 0) return null;
  return { event: values('event').at(-1) ?? 'message', id: values('id').at(-1) ?? '', data: data.join('\n') };
}
