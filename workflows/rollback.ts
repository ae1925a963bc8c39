// A rollback that people asked for: one short durable run per request, beside whatever becomes of its incident. It passes the gate like
// every effect, is told as what it came to, and looks afterwards whether the symptom is there.

import { ActivityFailure, CancellationScope, log, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { RollbackOutcome } from '../domain/remediation/rollback.ts';
import type { VerificationResult } from '../domain/remediation/verification.ts';
import type { RollbackInput } from './messages.ts';
import { checks, gate, records } from './proxies.ts';
import { executeUntilEnded } from './steps/execute.ts';
import { failureText } from './steps/failures.ts';
import { gatePatience } from './timings.ts';

type Became = {
  readonly outcome: RollbackOutcome;
  readonly reason: string;
  readonly undoneBy: string | null;
  readonly settleMs: number;
};

/** Carries out one request. Nothing cancels it half-way: the kill switch and the end of its time stop it before the call. */
export async function rollback(input: RollbackInput): Promise<Omit<Became, 'settleMs'>> {
  return CancellationScope.nonCancellable(async () => {
    const { incidentId, requestId, stepKey } = input;
    const { settleMs, ...ended } = await undo(input);
    await records.endRollback.executeWithOptions({ summary: `rollback of ${stepKey}: ${ended.outcome}` }, [
      { incidentId, requestId, ...ended },
    ]);
    if (ended.outcome === 'undone') {
      const result = await lookAfterwards(input, Date.now(), settleMs);
      await records.noteRollbackVerified.executeWithOptions({ summary: `the symptom: ${result.outcome}` }, [
        { incidentId, requestId, result },
      ]);
    }
    return ended;
  });
}

/** Through the gate, again while its refusal is one that passes, until the request has expired. */
async function undo(input: RollbackInput): Promise<Became> {
  const { incidentId, planHash, step, stepKey, requestId } = input;
  const firstMs = Date.now();
  let pauseMs = oftenMs;
  for (;;) {
    const passed = await askGate(input, {
      incidentId,
      planHash,
      step,
      direction: 'compensation',
      rollback: requestId,
    });
    if (typeof passed === 'string') return became('refused', passed);
    if (passed.granted) {
      const { id } = passed.intent;
      const outcome = await carryOut(input, id);
      if (outcome !== null) return outcome;
    } else {
      const { reason, detail } = passed;
      if (reason === 'not-needed') return became('not-needed', detail);
      if (reason === 'grant-expired') return became('expired', detail);
      const patience = gatePatience(reason);
      if (patience === null) return became('refused', `${reason}: ${detail}`);
      setCurrentDetails(`**Waiting for** the gate (${reason}): ${detail}`);
    }
    await sleep(pauseMs, { summary: `before asking the gate again to undo ${stepKey}` });
    if (Date.now() - firstMs > oftenForMs) pauseMs = seldomMs;
  }
}

/** Most of what passes has passed within minutes; a request that holds for a day must not fill its history. */
const oftenMs = 5_000;
const oftenForMs = 10 * 60_000;
const seldomMs = 60_000;

/** In words, when the gate cannot be asked. */
async function askGate(
  { stepKey }: RollbackInput,
  question: Parameters<typeof gate.passGate>[0],
): Promise<Awaited<ReturnType<typeof gate.passGate>> | string> {
  try {
    return await gate.passGate.executeWithOptions({ summary: `gate: roll back ${stepKey}` }, [question]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return failureText(error);
  }
}

/** What the effect came to; null when it was held back at the last moment, and the gate is to be asked again. */
async function carryOut({ stepKey, expiresAtMs }: RollbackInput, undoneBy: string): Promise<Became | null> {
  // After its time nothing is sent any more: it is only found out what became of what was.
  const lookOnly = Date.now() > expiresAtMs;
  const input = { intentId: undoneBy, ...(lookOnly ? { lookOnly } : {}) };
  const result = await executeUntilEnded(`roll back ${stepKey}`, input, ({ words }) =>
    setCurrentDetails(`**Under way** ${words}`),
  );
  switch (result.kind) {
    case 'applied':
      return { outcome: 'undone', reason: result.summary, undoneBy, settleMs: result.settleMs ?? 0 };
    case 'failed': {
      const left = result.left === undefined ? '' : `; half done: ${result.left}`;
      return { ...became(result.certain ? 'failed' : 'uncertain', `${result.reason}${left}`), undoneBy };
    }
    case 'dry-run':
      return { ...became('refused', `dry run is on, nothing was done: ${result.detail}`), undoneBy };
    case 'blocked':
      // What has gone out is looked for when the gate is asked again.
      return gatePatience(result.reason) === null && result.reason !== 'stopped' && result.sent !== true
        ? became('refused', `${result.reason}: ${result.detail}`)
        : null;
  }
}

function became(outcome: RollbackOutcome, reason: string): Became {
  return { outcome, reason, undoneBy: null, settleMs: 0 };
}

/** `recovered`: the symptom is not there after it. An answer that is still open at the end is none. */
async function lookAfterwards(
  input: RollbackInput,
  effectAtMs: number,
  settleMs: number,
): Promise<VerificationResult> {
  const { incidentId, scope, onsetMs, recordedSeq, targetService, action, settings } = input;
  const { verifyIntervalMs: everyMs, verifyTimeoutMs } = settings;
  const deadlineMs = effectAtMs + settleMs + verifyTimeoutMs;
  const look = { incidentId, scope, onsetMs, recordedSeq, effectAtMs, targetService, settleMs };
  for (;;) {
    await sleep(everyMs, { summary: 'before looking at the symptom' });
    const result = await lookOnce({ ...look, actions: [action] });
    if (result.settled) return result;
    if (Date.now() >= deadlineMs)
      return result.outcome === 'recovered' ? { ...result, outcome: 'unverified' } : result;
  }
}

async function lookOnce(look: Parameters<typeof checks.verify>[0]): Promise<VerificationResult> {
  try {
    return await checks.verify.executeWithOptions({ summary: 'is the symptom there after the rollback?' }, [
      look,
    ]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the symptom could not be looked at after a rollback', { error: String(error) });
    return {
      ...{ outcome: 'unverified', settled: false, reason: 'the verification could not be asked' },
      ...{ freshSamples: 0, series: [], controlImprovedToo: false },
    };
  }
}
