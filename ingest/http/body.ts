// Reads request bodies within bounds: of one body as sent and as it inflates, and of all bodies that are being read together.

import { createGunzip } from 'node:zlib';
import snappyjs from 'snappyjs';
import { createTurns } from '../../domain/turns.ts';
import type { IngestLimits } from '../limits.ts';
import { createShapeCounter, type ShapeCounter } from './json-shape.ts';

export const bodyProblems = [
  'too-large',
  'too-complex',
  'unsupported-encoding',
  'bad-encoding',
  'aborted',
  'busy',
] as const;
export type BodyProblem = (typeof bodyProblems)[number];
/** The HTTP status that says so. */
export const bodyStatus: Readonly<Record<BodyProblem, number>> = {
  'too-large': 413,
  'too-complex': 413,
  busy: 503,
  'unsupported-encoding': 415,
  'bad-encoding': 400,
  aborted: 400,
};
export type Body =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: BodyProblem; readonly detail: string };

/** Besides none. Snappy without frames, as Prometheus writes it, is all that its senders know. */
export type Coding = 'gzip' | 'snappy';

/** Never throws and never holds more than the limits allow. `coding`, default gzip: what may be around the body. */
export type BodyReader = (request: Request, coding?: Coding) => Promise<Body>;

/** Inflating costs a thousand times what was sent: few at a time, so that a hundred do not add up. */
const inflatedAtOnce = 2;
const chunkBytes = 64 * 1024;

export function createBodyReader(limits: IngestLimits): BodyReader {
  const inTurn = createTurns(inflatedAtOnce);
  let heldBytes = 0;

  async function read(request: Request, coding: Coding = 'gzip'): Promise<Body> {
    const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
    const compressed = encoding === coding;
    if (!compressed && encoding !== 'identity' && encoding !== '') {
      const detail = `content-encoding ${JSON.stringify(encoding.slice(0, 40))} is not supported; send ${coding} or none`;
      return { ok: false, problem: 'unsupported-encoding', detail };
    }
    const sent = await readBounded(request);
    if (!sent.ok) return sent;
    const shape = isJson(request)
      ? createShapeCounter({ maxContainers: limits.maxMessages, maxDepth: limits.maxNesting })
      : null;
    if (compressed && coding === 'snappy') return inTurn(async () => unsnap(sent.bytes));
    if (compressed) return inTurn(() => inflate(sent.bytes, shape));
    const problem = shape?.push(sent.bytes) ?? null;
    return problem === null ? sent : tooComplex(problem);
  }

  function mostInflated(sent: Uint8Array): number {
    const ratioBytes = Math.max(limits.alwaysInflatedBytes, sent.length * limits.maxInflateRatio);
    return Math.min(limits.maxInflatedBytes, ratioBytes);
  }

  /** The length comes first: nothing is made of a body that says it is too long. */
  function unsnap(sent: Uint8Array): Body {
    const maxBytes = mostInflated(sent);
    if (declaredLength(sent) > maxBytes) return tooLarge(`the body inflates to more than ${maxBytes} bytes`);
    try {
      return { ok: true, bytes: snappyjs.uncompress(sent, maxBytes) };
    } catch {
      return { ok: false, problem: 'bad-encoding', detail: 'the body is not valid snappy' };
    }
  }

  async function inflate(sent: Uint8Array, shape: ShapeCounter | null): Promise<Body> {
    const maxBytes = mostInflated(sent);
    const chunks: Uint8Array[] = [];
    let size = 0;
    const gunzip = createGunzip({ chunkSize: chunkBytes });
    try {
      gunzip.end(sent);
      for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > maxBytes) return tooLarge(`the body inflates to more than ${maxBytes} bytes`);
        const problem = shape?.push(chunk) ?? null;
        if (problem !== null) return tooComplex(problem);
        chunks.push(chunk);
      }
      return { ok: true, bytes: Buffer.concat(chunks, size) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unreadable';
      return { ok: false, problem: 'bad-encoding', detail: `the body is not valid gzip (${reason})` };
    } finally {
      gunzip.destroy();
    }
  }

  async function readBounded(request: Request): Promise<Body> {
    const maxBytes = limits.maxBodyBytes;
    const detail = `the body is larger than ${maxBytes} bytes`;
    const declared = Number(request.headers.get('content-length') ?? Number.NaN);
    if (declared > maxBytes) return tooLarge(detail);
    let held = 0;
    const hold = (bytes: number): boolean => {
      if (heldBytes + bytes > limits.maxHeldBytes) return false;
      heldBytes += bytes;
      held += bytes;
      return true;
    };
    try {
      // With a declared length the HTTP parser reads no more than that: no need to count while reading.
      if (Number.isFinite(declared)) {
        if (!hold(declared)) return busy();
        const bytes = Buffer.from(await request.arrayBuffer());
        return bytes.length > maxBytes ? tooLarge(detail) : { ok: true, bytes };
      }
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of request.body ?? []) {
        size += chunk.length;
        if (size > maxBytes) return tooLarge(detail);
        if (!hold(chunk.length)) return busy();
        chunks.push(chunk);
      }
      return { ok: true, bytes: Buffer.concat(chunks, size) };
    } catch {
      return { ok: false, problem: 'aborted', detail: 'the body ended early' };
    } finally {
      heldBytes -= held;
    }
  }

  function tooComplex(problem: 'too-many' | 'too-deep'): Body {
    const detail =
      problem === 'too-many'
        ? `the body has more than ${limits.maxMessages} objects and arrays; send smaller batches`
        : `the body is nested deeper than ${limits.maxNesting} levels`;
    return { ok: false, problem: 'too-complex', detail };
  }
  return read;
}

/** Of a block of Snappy: how long it says that it becomes. Source: github.com/google/snappy, format_description.txt, "Preamble". */
function declaredLength(block: Uint8Array): number {
  let length = 0;
  for (const [index, byte] of block.subarray(0, 5).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return length;
}

/** Some senders of JSON call it plain text. */
function isJson(request: Request): boolean {
  return /^(?:application\/(?:[a-z0-9.-]+\+)?json|text\/plain)\b/i.test(
    (request.headers.get('content-type') ?? '').trim(),
  );
}

function busy(): Body {
  const detail = 'too many requests are being read now; send the same again';
  return { ok: false, problem: 'busy', detail };
}

function tooLarge(detail: string): Body {
  return { ok: false, problem: 'too-large', detail };
}
