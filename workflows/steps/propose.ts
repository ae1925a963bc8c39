// From symptoms to a judged plan: enrich, diagnose, plan, policy. Reads and thinks; changes nothing outside.

import { sleep } from '@temporalio/workflow';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import { stepsTried } from '../../domain/incident/attempts.ts';
import { ofAnalysis } from '../../domain/incident/priorities.ts';
import { stepText } from '../../domain/incident/words.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import { analysis, replayed } from '../proxies.ts';
import type { Run } from '../run.ts';
import { catchUp } from '../timings.ts';
import { consult } from './consult.ts';

export type Proposal =
  | { readonly kind: 'plan'; readonly hashedPlan: HashedPlan; readonly verdict: Verdict }
  | { readonly kind: 'nothing'; readonly reason: string; readonly harmless: boolean }
  /** Sentinel was overloaded, and time has passed: to be asked again. */
  | { readonly kind: 'behind' };

/** Makes the next proposal; a run that continued as new while a plan awaited its approval goes on with that plan. */
export async function propose(run: Run): Promise<Proposal> {
  const { status, hashedPlan, verdict } = run.journal.state();
  if (status === 'awaiting-approval' && hashedPlan !== null && verdict !== null) {
    return { kind: 'plan', hashedPlan, verdict };
  }
  const begun = run.memory.behindSinceMs !== null && status === 'enriching';
  const attempt = run.journal.state().attempt + (begun ? 0 : 1);
  if (!begun) run.journal.record({ type: 'enrichment-started', attempt });
  const evidenceRef = await analyse(run, attempt);
  if (evidenceRef === null) return { kind: 'behind' };
  await consult(run, attempt, evidenceRef);
  return plan(run, attempt, evidenceRef);
}

/**
 * Gathers evidence and explains it; everything that is known by then has been looked at. Null when Sentinel is behind: nothing
 * was looked at, and it has had a moment to catch up.
 */
async function analyse(run: Run, attempt: number): Promise<string | null> {
  const { journal, input } = run;
  const { scope, onsetMs, anomalies, severity } = journal.state();
  const { incidentId } = input;
  await journal.drained(); // evidence refers to the incident's record
  run.memory = { ...run.memory, judged: Object.keys(anomalies) };
  const sinceMs = run.memory.behindSinceMs ?? Date.now();
  const result = await analysis.enrich.executeWithOptions(
    {
      summary: `gather evidence and explain it, analysis ${attempt}`,
      priority: ofAnalysis(severity, run.memory.reanalyses > 0),
    },
    [
      {
        incidentId,
        attempt,
        scope,
        onsetMs,
        anomalies: Object.values(anomalies),
        failedCauses: run.memory.failedCauses,
        mayWait: Date.now() - sinceMs < catchUp.forMs,
      },
    ],
  );
  if ('behind' in result) {
    run.memory = { ...run.memory, behindSinceMs: sinceMs };
    journal.waitingFor(result.behind.join('; ').slice(0, 200));
    await sleep(catchUp.everyMs, { summary: 'Sentinel is behind: before it concludes anything' });
    return null;
  }
  const { evidenceRef, evidenceIds, missing, diagnosis } = result;
  run.memory = {
    ...run.memory,
    behindSinceMs: null,
    evidenceRefs: [...run.memory.evidenceRefs, evidenceRef],
  };
  journal.record({ type: 'enriched', attempt, evidenceIds, missing });
  const explained = run.fromBefore ? await diagnose(run, attempt, evidenceRef) : diagnosis;
  journal.record({ type: 'diagnosed', attempt, diagnosis: explained });
  return evidenceRef;
}

/** Only replayed: since `changes.ts` one activity gathers and explains. */
function diagnose({ input }: Run, attempt: number, evidenceRef: string): Promise<Diagnosis> {
  return replayed.diagnose.executeWithOptions({ summary: `explain from ${evidenceRef}` }, [
    { incidentId: input.incidentId, attempt, evidenceRef },
  ]);
}

async function plan(run: Run, attempt: number, evidenceRef: string): Promise<Proposal> {
  const { journal, input } = run;
  const { incidentId, scope } = input;
  const { diagnosis } = journal.state();
  if (diagnosis === null) throw new Error('planning without a diagnosis');
  const best = diagnosis.hypotheses[0];
  const about =
    best === undefined ? 'without a hypothesis' : `against ${best.cause} in ${best.scope.service}`;
  const result = await analysis.makePlan.executeWithOptions({ summary: `plan ${about}` }, [
    {
      incidentId,
      attempt,
      diagnosis,
      tried: stepsTried(journal.state()),
      environment: scope.environment,
      evidenceRef,
    },
  ]);
  if (result.kind === 'nothing') {
    journal.record({ type: 'nothing-to-try', attempt, reason: result.reason });
    return result;
  }
  const { kind: _plan, hashedPlan, ...known } = result;
  journal.record({ type: 'planned', attempt, hashedPlan, ...known });
  run.memory = { ...run.memory, plannedAtMs: Date.now() };
  await journal.drained(); // policy counts what the store knows
  const { planHash } = hashedPlan;
  const verdict = await analysis.evaluatePolicy.executeWithOptions(
    { summary: `may we: ${hashedPlan.plan.steps.map(stepText).join(', then ')}?` },
    [{ incidentId, planHash, missing: diagnosis.missing, contested: diagnosis.contested === true }],
  );
  journal.record({ type: 'decided', attempt, verdict });
  return { kind: 'plan', hashedPlan, verdict };
}
