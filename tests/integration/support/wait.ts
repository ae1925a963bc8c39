/** Waiting for a condition, with an error that says what was waited for and what was there instead. */
import { setTimeout as pause } from 'node:timers/promises';

/** What takes long is looked for less often: the looks cost the processor that it needs itself. */
const pauseMs = (waitedMs: number) => Math.min(300, Math.max(50, waitedMs / 10));

/** The first answer that is neither null nor false. Throws after `limitMs`; errors on the way count as "not yet". */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  limitMs = 60_000,
): Promise<T> {
  const startedMs = Date.now();
  const deadline = startedMs + limitMs;
  for (let last: unknown = null; ; ) {
    try {
      const found = await look();
      if (found !== null && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${limitMs / 1000} s for ${what}; at the end: ${String(last)}`, { cause: last });
    }
    await pause(pauseMs(Date.now() - startedMs));
  }
}
