/** Durations as people write them: `500ms`, `30s`, `2m`. */

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m)$/;

/** Whole milliseconds; undefined when the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const [, amount, unit] = pattern.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.round(Number(amount) * unitMs[unit as keyof typeof unitMs]);
}
