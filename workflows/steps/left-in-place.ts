// What Sentinel did, did not take back, and did not end the trouble with: the person who has the incident now must know.

import { standingEffects } from '../../domain/incident/attempts.ts';
import type { IncidentOutcome } from '../../domain/incident/status.ts';
import type { Run } from '../run.ts';

/** For the event that ends Sentinel's work: nothing when nothing is left. Runs from before do not tell it. */
export function leftInPlace(
  { fromBefore, journal, saga }: Run,
  outcome: IncidentOutcome,
): { readonly leftInPlace?: readonly string[] } {
  if (fromBefore || outcome === 'resolved' || outcome === 'self-recovered') return {};
  const owed = saga.pending().map(({ stepKey }) => stepKey);
  const standing = standingEffects(journal.state()).map(({ stepKey }) => stepKey);
  const left = [...new Set([...standing, ...owed])];
  return left.length === 0 ? {} : { leftInPlace: left };
}
