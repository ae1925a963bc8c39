// How long it really took, for whoever may have stood still meanwhile: a stopped process, a suspended machine, a clock that
// was set. The monotonic clock does not run while a machine sleeps, the wall clock may be set back: the larger counts.

export type Clocks = { readonly nowMs: () => number; readonly monotonicMs: () => number };

/** Answers the milliseconds since it was started. */
export function startStopwatch({ nowMs, monotonicMs }: Clocks): () => number {
  const wall = nowMs();
  const monotonic = monotonicMs();
  return () => Math.max(nowMs() - wall, monotonicMs() - monotonic);
}
