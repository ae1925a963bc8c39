// Is the symptom gone? The loop around the verification: asks until the answer will not change, or the time is up. An
// answer is about the anomalies that were known when it was asked: what came meanwhile makes another look.

import { ActivityFailure, isCancellation, log, sleep } from '@temporalio/workflow';
import type { VerifyInput } from '../../activities/types.ts';
import { unjudgedSymptoms } from '../../domain/incident/anomalies.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import { checks } from '../proxies.ts';
import type { Run } from '../run.ts';
import { looksInOneCall, timeToTell } from '../timings.ts';
import { continueAsNewWhenDue } from './continue.ts';
import { failureType } from './failures.ts';

/** Failure type of a look whose store does not have the anomalies (any more). */
const recordBehind = 'RecordBehind';

export type Look = {
  /** When the effect was complete; null: without any effect. */
  readonly effectAtMs: number | null;
  readonly targetService: string;
  readonly actions: readonly ActionId[];
  readonly settleMs?: number;
  /** The plan that was carried out. */
  readonly planHash?: string;
};

export type Patience = {
  readonly deadlineMs: number;
  readonly everyMs: number;
  /** True where a continued run goes on with this very loop: it may be as long as it likes. */
  readonly continues: boolean;
  /** True where telemetry that turns out to come slowly gets the time it needs. */
  readonly extends?: boolean;
};

/** Asks once. An answer that cannot be had is an `unverified` one: it never resolves anything. */
export async function lookOnce(
  run: Run,
  look: Look,
  again?: VerifyInput['again'],
): Promise<VerificationResult> {
  const { incidentId } = run.input;
  if (!run.fromBefore) await run.journal.drained(); // the anomalies are read from the record
  const { scope, onsetMs, anomalies, lastSeq } = run.journal.state();
  const { inPlace } = run.memory;
  const known = look.planHash !== undefined && inPlace !== undefined ? { inPlace } : {};
  try {
    const { inPlace: seen, ...result } = await checks.verify.executeWithOptions(
      { summary: `is the symptom of ${look.targetService} gone?` },
      [{ incidentId, scope, onsetMs, recordedSeq: lastSeq, ...look, ...known, ...(again && { again }) }],
    );
    run.memory = { ...run.memory, judged: Object.keys(anomalies), ...(seen && { inPlace: seen }) };
    return withNewcomers(run, result);
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (error instanceof ActivityFailure && failureType(error) === recordBehind)
      await run.journal.confirmed();
    log.warn('verification could not be asked', { incidentId, error: String(error) });
    if (again) await sleep(again.everyMs, { summary: 'before asking again' });
    return unverified('the verification could not be asked');
  }
}

/** `recovered` says nothing about a symptom that nobody had looked at. */
function withNewcomers(run: Run, result: VerificationResult): VerificationResult {
  const newcomers = unjudgedSymptoms(run.journal.state(), run.memory.judged);
  if (result.outcome !== 'recovered' || newcomers.length === 0) return result;
  const services = [...new Set(newcomers.map(({ scope }) => scope.service))].join(', ');
  return {
    ...result,
    outcome: 'unverified',
    settled: false,
    reason: `meanwhile something else was found in ${services}`,
  };
}

/**
 * Asks every `everyMs` until the answer is settled or the deadline has passed. An answer that is still open at the end is
 * never `recovered`. What was found during the very last look is looked at once more.
 */
export async function lookUntilSettled(
  run: Run,
  look: Look,
  patience: Patience,
): Promise<VerificationResult> {
  const { everyMs, continues } = patience;
  let { deadlineMs } = patience;
  for (;;) {
    if (continues && !run.fromBefore) await continueAsNewWhenDue(run);
    const result = await nextLook(run, look, deadlineMs, everyMs);
    if (result.settled) return result;
    // Only what an answer says moves it, so a history of before, whose answers say nothing, is replayed as it was.
    if (patience.extends === true && result.answerTakesMs !== undefined) {
      const { lastEffectAtMs, verifying } = run.memory;
      const neededMs = (lastEffectAtMs ?? Date.now()) + timeToTell(run, result.answerTakesMs);
      deadlineMs = Math.max(deadlineMs, neededMs);
      if (verifying !== null) run.memory = { ...run.memory, verifying: { ...verifying, deadlineMs } };
    }
    run.journal.waitingFor(`verification: ${result.reason}`);
    const late = Date.now() >= deadlineMs;
    if (late && unjudgedSymptoms(run.journal.state(), run.memory.judged).length === 0)
      return result.outcome === 'recovered' ? { ...result, outcome: 'unverified' } : result;
  }
}

/** Waits and looks: in one call where the pause is short. */
async function nextLook(
  run: Run,
  look: Look,
  deadlineMs: number,
  everyMs: number,
): Promise<VerificationResult> {
  if (!run.fromBefore && everyMs <= looksInOneCall.everyMs) {
    const forMs = Math.min(looksInOneCall.forMs, Math.max(0, deadlineMs - Date.now()));
    return lookOnce(run, look, { everyMs, forMs });
  }
  await sleep(everyMs, { summary: `before looking at ${look.targetService} again` });
  return lookOnce(run, look);
}

function unverified(reason: string): VerificationResult {
  return {
    outcome: 'unverified',
    settled: false,
    reason,
    freshSamples: 0,
    series: [],
    controlImprovedToo: false,
  };
}
