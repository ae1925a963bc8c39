// A rollback that people ask for: what it can come to.

/**
 * `not-needed`: somebody else had put it back. `refused`: the gate did not let it through. `failed`: it certainly did not happen.
 * `uncertain`: nobody can tell. `expired`: it was not carried out in time.
 */
export const rollbackOutcomes = [
  'undone',
  'not-needed',
  'refused',
  'failed',
  'uncertain',
  'expired',
] as const;
export type RollbackOutcome = (typeof rollbackOutcomes)[number];
