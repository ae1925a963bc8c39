// An incident whose workflow is gone: may a new one go on with it, or must a person? Pure.

export type RestartFacts = {
  /** Something passed the gate: what became of it only the lost workflow knew for sure. */
  readonly hasActed: boolean;
  /** False: later anomalies belong to another incident already. */
  readonly episodeOpen: boolean;
  /** How often a workflow was started for it, this time included. */
  readonly restarts: number;
};

/** Whoever ends its workflow again and again, a bug or a person, is not to be outlasted. */
export const maxRestarts = 3;

/** Why a person must go on with it; null when analysing it from its record is safe. */
export function handOverReason({ hasActed, episodeOpen, restarts }: RestartFacts): string | null {
  if (hasActed) return 'something was done in it, and how that ended may not be recorded';
  if (!episodeOpen) return 'its later anomalies belong to another incident';
  if (restarts > maxRestarts) return `it was started again ${maxRestarts} times already`;
  return null;
}
