// How far an effect has come that takes long; told a bounded number of times, however long it takes.

/** `words` as people read it: "3 of 5 pods new". */
export type Progress = { readonly done: number; readonly of: number; readonly words: string };

/** How often the progress of one effect is told: enough to see that it moves, and no flood when it takes hours. */
export const progressTellings = 20;

/** How long after the last telling the next one may come: soon at first, then ever more slowly, up to a minute. */
export function tellProgressAfterMs(told: number): number {
  return Math.min(60_000, 5_000 * 2 ** Math.min(told, 4));
}
