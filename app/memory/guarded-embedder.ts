// An embedding that is asked rarely and waited for briefly: what was asked before is kept, an answer has its time, and one that fails again
// and again is left alone for a while. Whoever asks goes on without it.

import { createHash } from 'node:crypto';
import type { KeptEmbeddings } from '../../adapters/postgres/index.ts';
import type { Embedder, Vector } from '../../domain/memory/port.ts';

export type GuardedEmbedderOptions = {
  readonly timeoutMs: number;
  /** After so many failures in a row nobody is asked for so long. */
  readonly failures: number;
  readonly pauseMs: number;
  readonly nowMs: () => number;
};

export const guardedEmbedderDefaults = { timeoutMs: 5_000, failures: 3, pauseMs: 60_000 } as const;

const textsAtOnce = 32;

export function guardEmbedder(
  embedder: Embedder,
  kept: Pick<KeptEmbeddings, 'find' | 'keep'>,
  { timeoutMs, failures, pauseMs, nowMs }: GuardedEmbedderOptions,
): Embedder {
  const { space } = embedder;
  let failed = 0;
  let pausedUntilMs = 0;

  async function ask(texts: readonly string[]): Promise<readonly Vector[]> {
    if (nowMs() < pausedUntilMs)
      throw new Error('the embedding failed several times and is left alone for a while');
    try {
      const vectors = await within(timeoutMs, embedder.embed(texts));
      checkVectors(vectors, texts.length);
      failed = 0;
      return vectors;
    } catch (error) {
      failed += 1;
      if (failed >= failures) pausedUntilMs = nowMs() + pauseMs;
      throw error;
    }
  }

  return {
    space,
    async embed(texts) {
      const digests = texts.map(digestOf);
      const known = new Map(await kept.find(space, [...new Set(digests)]));
      const missing = new Map(texts.map((text, at) => [digests[at] ?? '', text]));
      for (const digest of known.keys()) missing.delete(digest);
      const asked = [...missing];
      for (let from = 0; from < asked.length; from += textsAtOnce) {
        const some = asked.slice(from, from + textsAtOnce);
        const vectors = await ask(some.map(([, text]) => text));
        const made = new Map(some.map(([digest], at) => [digest, vectors[at] ?? []]));
        await kept.keep(space, made);
        for (const [digest, vector] of made) known.set(digest, vector);
      }
      return digests.map((digest) => known.get(digest) ?? []);
    },
  };
}

function checkVectors(vectors: readonly Vector[], count: number): void {
  const [first] = vectors;
  const isOne = (vector: Vector) =>
    vector.length === first?.length && vector.length > 0 && vector.every((value) => Number.isFinite(value));
  if (vectors.length !== count || !vectors.every(isOne))
    throw new Error(`the embedding answered ${vectors.length} vectors for ${count} texts, or no vectors`);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the embedding did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
