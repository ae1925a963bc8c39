// Reads a small public text: over the guarded fetch, within a time and a size.

import { textWithin } from './answers.ts';
import { guardedFetch } from './guarded-fetch.ts';

/** Senders of webhooks wait about fifteen seconds for their answer. */
const longestMs = 8_000;
/** Certificates and short answers: some kilobytes. */
const largestBytes = 64 * 1024;

/** Rejects when nobody answers in time, and when the text is larger. A redirect is an answer. */
export async function readRemote(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await guardedFetch(url, { signal: AbortSignal.timeout(longestMs) });
  const tooLong = () => new Error(`the text at ${url} has more than ${largestBytes} bytes`);
  return { status: response.status, text: await textWithin(response, largestBytes, tooLong) };
}
