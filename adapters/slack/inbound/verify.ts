// Is it Slack that sends this, now? The signature is over the raw bytes; its timestamp must be near ours on both sides: an
// old one may be a replay, one far ahead would stay good for a replay later.

import { isValidSlackRequest } from '@slack/bolt';

const largestBodyBytes = 1024 * 1024;
const clockToleranceSeconds = 300;

export type Verified =
  | { readonly ok: true; readonly body: string; readonly signature: string }
  | {
      readonly ok: false;
      readonly refusal: 'too-large' | 'unsigned' | 'not-current' | 'forged' | 'not-text';
    };

/** Reads the body and checks it; nothing of it is looked at before. */
export async function verify(request: Request, signingSecret: string, nowMs: number): Promise<Verified> {
  const bytes = await readBytes(request);
  if (bytes === null) return { ok: false, refusal: 'too-large' };
  const signature = request.headers.get('x-slack-signature') ?? '';
  const stamp = request.headers.get('x-slack-request-timestamp') ?? '';
  if (!/^v0=[0-9a-f]{64}$/.test(signature) || !/^[1-9]\d{0,11}$/.test(stamp)) {
    return { ok: false, refusal: 'unsigned' };
  }
  const timestamp = Number(stamp);
  if (Math.abs(nowMs / 1_000 - timestamp) > clockToleranceSeconds)
    return { ok: false, refusal: 'not-current' };
  const body = textOf(bytes);
  // Bytes that are no text have no one text to be signed as; Slack sends none.
  if (body === null) return { ok: false, refusal: 'not-text' };
  const genuine = isValidSlackRequest({
    signingSecret,
    body,
    headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp },
    nowMilliseconds: nowMs,
  });
  return genuine ? { ok: true, body, signature } : { ok: false, refusal: 'forged' };
}

/** Null when there is more than is ever taken. Counts while reading: a declared length is only a promise. */
async function readBytes(request: Request): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > largestBodyBytes) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > largestBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The one text that has exactly these bytes. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
