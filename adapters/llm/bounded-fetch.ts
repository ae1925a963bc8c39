// fetch for a server that is not trusted: its answer has a largest size, and it may not send us elsewhere.

import { guardedFetch } from '../http/guarded-fetch.ts';

/** An answer of the size we ask for has some kilobytes; this is for servers that never stop. */
const largestAnswerBytes = 1_000_000;

export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** Follows no redirect (it would carry prompt and key along); ends the connection past the largest size. */
export const boundedFetch: typeof globalThis.fetch = async (input, init) => {
  const response = await guardedFetch(input, init);
  if (response.status >= 300 && response.status < 400)
    throw new TypeError('fetch failed', {
      cause: new Error(`it answers with a redirect (${response.status})`),
    });
  if (response.body === null) return response;
  let received = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        received += chunk.byteLength;
        if (received <= largestAnswerBytes) controller.enqueue(chunk);
        else controller.error(new AnswerTooLarge(`the answer has more than ${largestAnswerBytes} bytes`));
      },
    }),
  );
  return new Response(counted, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
};
