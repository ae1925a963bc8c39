// Incidents that end without a (further) effect: gathering at the start, watching, and the symptom that goes by itself.

import { condition, sleep } from '@temporalio/workflow';
import { symptoms, symptomsGone } from '../../domain/incident/anomalies.ts';
import { standingEffects } from '../../domain/incident/attempts.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import type { Watching } from '../carried.ts';
import { waitsForClearing, waitsForSlowSamples } from '../changes.ts';
import type { Ending, Run } from '../run.ts';
import {
  clearingLooks,
  passingLooks,
  recoveryLooks,
  recoveryRecheckMs,
  stalePlanMs,
  timeToTell,
} from '../timings.ts';
import { continueAsNewWhenDue } from './continue.ts';
import { escalation, resolved, selfRecovered } from './endings.ts';
import { staysAwayMs } from './hand-over.ts';
import { lookOnce, lookUntilSettled } from './verification-loop.ts';

/** Gathers further anomalies before the first analysis: causes often show a moment after their symptoms. */
export async function settle(run: Run): Promise<void> {
  run.journal.waitingFor('further anomalies');
  await sleep(run.input.settings.settleMs, { summary: 'gather further anomalies' });
}

/**
 * When every symptom has cleared: waits whether it stays so, and verifies. The ending if it is over; null if there is (or
 * may be) still something to do, or if that was looked at just now.
 */
export async function recoveredByItself(run: Run): Promise<Ending | null> {
  const { journal, input } = run;
  if (!symptomsGone(journal.state()) || Date.now() < nextLookAtMs(run)) return null;
  journal.waitingFor('the symptom to stay gone');
  // An alert comes and goes as its rule does: only time tells whether it is over.
  const onlyAlerts = symptoms(journal.state()).every(({ detector }) => detector === 'external');
  const { selfRecoveryMs } = input.settings;
  const forMs = onlyAlerts ? Math.max(selfRecoveryMs, staysAwayMs(run)) : selfRecoveryMs;
  const cameBack = await condition(() => !symptomsGone(journal.state()), forMs, {
    summary: 'does the symptom stay gone?',
  });
  return cameBack ? null : endingOf(run, await lookForRecovery(run));
}

/** When a look at the recovery makes sense again, after one that found none. */
export function nextLookAtMs({ memory }: Run): number {
  return memory.lastLook === null ? 0 : memory.lastLook.atMs + recoveryRecheckMs;
}

/**
 * Right before the first effect: the ending when there is no need for it any more, null when there is. A symptom that has
 * cleared must be seen to be there after all, and a plan that is not fresh any more is not taken on trust.
 */
export async function needless(run: Run): Promise<Ending | null> {
  const passed = await passing(run);
  if (passed !== null) return passed;
  const { journal, memory } = run;
  const gone = symptomsGone(journal.state());
  if (!gone) {
    const stale = Date.now() - memory.plannedAtMs > stalePlanMs;
    return stale ? endingOf(run, await lookForRecovery(run)) : null;
  }
  if (memory.lastLook?.outcome === 'not-recovered' && Date.now() < nextLookAtMs(run)) return null;
  for (let looks = 1; ; looks += 1) {
    const result = await lookForRecovery(run);
    if (result.outcome !== 'unverified') return endingOf(run, result);
    if (looks >= recoveryLooks && !needsLonger(run, result, looks * recoveryRecheckMs))
      return escalation(`the symptom has cleared, but nobody can tell: ${result.reason}`);
    journal.waitingFor('samples that say whether the plan is still needed');
    const cameBack = await condition(() => !symptomsGone(journal.state()), recoveryRecheckMs, {
      summary: 'more samples, before acting on a symptom that has cleared',
    });
    if (cameBack) return null;
  }
}

/**
 * Before the first effect of the incident: waits until the symptom has lasted long enough to be no mere spike, and then as
 * long as it is visibly passing. The ending when it has passed; null when it stays.
 */
async function passing(run: Run): Promise<Ending | null> {
  const { journal, input, memory } = run;
  const { actAfterMs, verifyIntervalMs } = input.settings;
  if (actAfterMs === undefined || memory.lastEffectAtMs !== null) return null;
  const { onsetMs, scope, attempt } = journal.state();
  const waitMs = onsetMs + actAfterMs - Date.now();
  if (waitMs > 0) {
    journal.waitingFor('the symptom to last, or to pass');
    await sleep(waitMs, { summary: 'is it more than a spike?' });
  }
  for (let looks = 1; ; looks += 1) {
    const result = await lookOnce(run, { effectAtMs: null, targetService: scope.service, actions: [] });
    if (result.outcome === 'recovered') {
      journal.record({ type: 'verified', attempt, result });
      return endingOf(run, result);
    }
    const stays = result.outcome === 'not-recovered' && result.improving !== true;
    if (stays || (looks >= passingLooks && !clears(run, result, looks))) return null;
    journal.waitingFor(`the symptom to pass: ${result.reason}`);
    await sleep(verifyIntervalMs, { summary: 'it seems to pass: before looking again' });
  }
}

/** Nobody can tell yet, because telemetry comes slowly: what it takes to see a recovery in it is not over. */
function needsLonger(
  run: Run,
  { outcome, answerTakesMs }: Pick<VerificationResult, 'outcome' | 'answerTakesMs'>,
  lookedForMs: number,
): boolean {
  if (outcome !== 'unverified' || answerTakesMs === undefined) return false;
  return lookedForMs < timeToTell(run, answerTakesMs) && waitsForSlowSamples();
}

/** Part of the symptom has cleared, and nothing measured is bad: the rest is about to. */
function clears({ journal }: Run, { outcome }: VerificationResult, looks: number): boolean {
  if (outcome !== 'unverified' || looks >= clearingLooks) return false;
  return symptoms(journal.state()).some(({ state }) => state === 'cleared') && waitsForClearing();
}

/** Over after an effect that still stands, even a late one, is resolved; without one it is self-recovered. */
function endingOf(run: Run, result: VerificationResult): Ending | null {
  if (result.outcome !== 'recovered') return null;
  return standingEffects(run.journal.state()).length > 0
    ? resolved(`recovered after an earlier effect: ${result.reason}`)
    : selfRecovered(result.reason);
}

async function lookForRecovery(run: Run): Promise<VerificationResult> {
  const { journal, input, memory } = run;
  const standing = standingEffects(journal.state()).length > 0;
  const look = {
    effectAtMs: standing ? memory.lastEffectAtMs : null,
    targetService: input.scope.service,
    actions: [],
  };
  const { verifyIntervalMs } = input.settings;
  const deadlineMs = Date.now() + (recoveryLooks - 1) * verifyIntervalMs;
  const result = await lookUntilSettled(run, look, {
    deadlineMs,
    everyMs: verifyIntervalMs,
    continues: false,
  });
  journal.record({ type: 'verified', attempt: journal.state().attempt, result });
  run.memory = { ...run.memory, lastLook: { atMs: Date.now(), ...seenIn(result) } };
  return result;
}

function seenIn({ outcome, answerTakesMs }: VerificationResult) {
  return { outcome, ...(answerTakesMs === undefined ? {} : { answerTakesMs }) };
}

/**
 * Watches an incident where acting would only do harm, up to `watchMs`: self-recovered when the symptom goes, a person
 * when it does not; null when new symptoms show that this is not (only) what it was taken for. A continued run goes on
 * with the watch that it carries.
 */
export async function watch(run: Run, reason: string): Promise<Ending | null> {
  const { journal, input } = run;
  const watching = run.memory.watching ?? {
    reason,
    deadlineMs: Date.now() + input.settings.watchMs,
    known: symptoms(journal.state()).map((anomaly) => anomaly.id),
  };
  run.memory = { ...run.memory, watching };
  const ending = await watchUntil(run, watching);
  run.memory = { ...run.memory, watching: null };
  return ending;
}

async function watchUntil(run: Run, { reason, deadlineMs, known }: Watching): Promise<Ending | null> {
  const { journal } = run;
  const seen = new Set(known);
  const somethingNew = (): boolean =>
    symptoms(journal.state()).some(({ id, state }) => state === 'firing' && !seen.has(id));
  for (;;) {
    const recovery = await recoveredByItself(run);
    if (recovery !== null) return recovery;
    if (somethingNew()) return null;
    let leftMs = deadlineMs - Date.now();
    const { lastLook } = run.memory;
    if (
      leftMs <= 0 &&
      lastLook !== null &&
      symptomsGone(journal.state()) &&
      needsLonger(run, lastLook, -leftMs)
    )
      leftMs = recoveryRecheckMs;
    if (leftMs <= 0) return escalation(`${reason}; the symptom was still there after watching it`);
    if (!run.fromBefore) await continueAsNewWhenDue(run);
    journal.waitingFor(`the symptom to go by itself: ${reason}`);
    if (symptomsGone(journal.state())) {
      await sleep(Math.min(leftMs, recoveryRecheckMs), { summary: 'before looking for recovery again' });
    } else {
      await condition(() => somethingNew() || symptomsGone(journal.state()), leftMs, {
        summary: `watch: ${reason}`,
      });
    }
  }
}
