/** Waiting for a condition, with an error that says what was waited for and what was there instead. */
import { setTimeout as pause } from 'node:timers/promises';

const everyMs = 50;

/** The first answer that is neither null nor false. Throws after `limitMs`; errors on the way count as "not yet". */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
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
    await pause(everyMs);
  }
}
