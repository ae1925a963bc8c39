// An incident whose symptom came back soon after an earlier one had ended: which that was, and what it says in titles.

export type Follows = {
  /** The incident before. */
  readonly incidentId: string;
  /** Which time it is there, from 2. */
  readonly times: number;
  /** When the first of them was opened. */
  readonly sinceMs: number;
};

/** ` (again, 3rd time in 40 min)`; empty for the first time. `atMs`: when this one was opened. */
export function againText(follows: Follows | null | undefined, atMs: number): string {
  if (follows == null) return '';
  const minutes = Math.max(1, Math.round((atMs - follows.sinceMs) / 60_000));
  const time = minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  return ` (again, ${ordinal(follows.times)} time in ${time})`;
}

/** `3rd`. */
export function ordinal(count: number): string {
  const teen = count % 100 >= 11 && count % 100 <= 13;
  const ending = teen ? 'th' : (({ 1: 'st', 2: 'nd', 3: 'rd' } as const)[count % 10] ?? 'th');
  return `${count}${ending}`;
}
