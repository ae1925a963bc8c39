// What rules need of a system that answers queries, and how it fails.

export type Labels = Readonly<Record<string, string>>;
export type Value = { readonly labels: Labels; readonly value: number };
export type Course = {
  readonly labels: Labels;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
};
export type CourseRange = {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly stepSeconds: number;
};

/** Nobody answers, or the way in is closed: nothing is known. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
}
/** It answers, but not this query: that is wrong, or asks too much. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
}

/** More than is taken at once. */
export class TooLong extends QueryRefused {}

/** It was given the time for one query, and took longer. */
export class TooSlow extends QueryRefused {}

export type RuleApi = {
  instant(query: string, signal: AbortSignal): Promise<readonly Value[]>;
  /** By the clock over there. */
  range(query: string, range: CourseRange, signal: AbortSignal): Promise<readonly Course[]>;
  /** How much further than ours its clock is, as its last answer had it; 0 for what may be the time of an answer. */
  aheadMs(): number;
};
