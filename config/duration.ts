// Durations as people write them (`500ms`, `30s`, `5m`, `2h`, `7d`); code sees whole milliseconds.

import { z } from 'zod';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;
export const durationPattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/** Milliseconds of a duration in text form; null when it is none. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text);
  if (match === null) return null;
  const [, amount, unit] = match;
  return Math.round(Number(amount) * unitMs[unit as Unit]);
}

/** A setting that is written as a duration between `min` and `max`, and read as milliseconds. */
export function duration(min: string, max: string) {
  const lowest = parseDuration(min) ?? 0;
  const highest = parseDuration(max) ?? Number.MAX_SAFE_INTEGER;
  const wanted = `expected a duration from ${min} to ${max}, such as "30s", "5m" or "2h"`;
  return z
    .string({ error: wanted })
    .regex(durationPattern, wanted)
    .transform((text, context) => {
      const ms = parseDuration(text) ?? -1;
      if (ms < lowest || ms > highest) context.addIssue({ code: 'custom', message: wanted });
      return ms;
    });
}
