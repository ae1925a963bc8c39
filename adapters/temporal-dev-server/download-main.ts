/** Process entry: writes what a URL (first argument) answers to a file (second argument); fails on anything but a whole answer. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** The archive has about 50 MB; what is larger is something else. */
const MOST_BYTES = 300_000_000;

const [url = '', file = ''] = process.argv.slice(2);

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    yield chunk;
  }
}

try {
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new Error(`HTTP ${answer.status}`);
  await pipeline(bounded(answer.body), createWriteStream(file));
} catch (error) {
  const { message, cause } = error as Error;
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  console.error(`${url}: ${message}${why}`.replaceAll('\n', ' '));
  process.exitCode = 1;
}
