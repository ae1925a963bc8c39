// Reads a request body within bounds: as sent, and after decompression.

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { IngestLimits } from '../limits.ts';

export const bodyProblems = ['too-large', 'unsupported-encoding', 'bad-gzip', 'aborted'] as const;
export type BodyProblem = (typeof bodyProblems)[number];
export type Body =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: BodyProblem; readonly detail: string };

const inflate = promisify(gunzip);

/** Never throws and never holds more than the limits allow. */
export async function readBody(request: Request, limits: IngestLimits): Promise<Body> {
  const sent = await readBounded(request, limits.maxBodyBytes);
  if (!sent.ok) return sent;
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return sent;
  if (encoding !== 'gzip') {
    const detail = `content-encoding ${JSON.stringify(encoding.slice(0, 40))} is not supported; send gzip or none`;
    return { ok: false, problem: 'unsupported-encoding', detail };
  }
  try {
    return { ok: true, bytes: await inflate(sent.bytes, { maxOutputLength: limits.maxInflatedBytes }) };
  } catch (error) {
    if (error instanceof RangeError) {
      return tooLarge(`the body inflates to more than ${limits.maxInflatedBytes} bytes`);
    }
    const reason = error instanceof Error ? error.message : 'unreadable';
    return { ok: false, problem: 'bad-gzip', detail: `the body is not valid gzip (${reason})` };
  }
}

async function readBounded(request: Request, maxBytes: number): Promise<Body> {
  const detail = `the body is larger than ${maxBytes} bytes`;
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  if (declared > maxBytes) return tooLarge(detail);
  try {
    // With a declared length the HTTP parser reads no more than that: no need to count while reading.
    if (Number.isFinite(declared)) {
      const bytes = Buffer.from(await request.arrayBuffer());
      return bytes.length > maxBytes ? tooLarge(detail) : { ok: true, bytes };
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > maxBytes) return tooLarge(detail);
      chunks.push(chunk);
    }
    return { ok: true, bytes: Buffer.concat(chunks, size) };
  } catch {
    return { ok: false, problem: 'aborted', detail: 'the body could not be read to its end' };
  }
}

function tooLarge(detail: string): Body {
  return { ok: false, problem: 'too-large', detail };
}
