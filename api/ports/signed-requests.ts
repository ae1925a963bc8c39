// Signed requests that were let in, so that none is let in twice.

/** Signed requests that were let in: the same one a second time is a replay. */
export interface SignedRequests {
  /** True the first time; false for a signature that was let in before. Remembers longer than a timestamp is good for. */
  isFirst(signature: string): Promise<boolean>;
}
