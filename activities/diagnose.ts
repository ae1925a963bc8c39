// The deterministic diagnosis of what enrichment stored. Pure computation over the stored input: a retry, or a reader a
// year later, gets the same answer.

import { diagnose } from '../domain/diagnosis/diagnose.ts';
import type { ActivityDeps } from './deps.ts';
import type { Activities } from './types.ts';

export function createDiagnose({ evidence }: Pick<ActivityDeps, 'evidence'>): Activities['diagnose'] {
  return async ({ evidenceRef, failedCauses, attempt }) => {
    const { input } = await evidence.load(evidenceRef);
    return diagnose(input, failedCauses, attempt).diagnosis;
  };
}
