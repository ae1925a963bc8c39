// Is the symptom gone? The loop around the verification: asks until the answer will not change, or the time is up.

import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { ActionId } from '../../domain/remediation/actions.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import { checks } from '../proxies.ts';
import type { Run } from '../run.ts';

export type Look = {
  /** When the effect was complete; null: without any effect. */
  readonly effectAtMs: number | null;
  readonly targetService: string;
  readonly actions: readonly ActionId[];
};

/** Asks once. An answer that cannot be had is an `unverified` one: it never resolves anything. */
export async function lookOnce(run: Run, look: Look): Promise<VerificationResult> {
  const { scope, onsetMs, anomalies } = run.journal.state();
  const { incidentId } = run.input;
  try {
    return await checks.verify.executeWithOptions(
      { summary: `is the symptom of ${look.targetService} gone?` },
      [{ incidentId, scope, onsetMs, anomalies: Object.values(anomalies), ...look }],
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('verification could not be asked', { incidentId, error: String(error) });
    return unverified('the verification could not be asked');
  }
}

/**
 * Asks every `verifyIntervalMs` until the answer is settled or `timeoutMs` have passed. An answer that is still open at
 * the end is never `recovered`.
 */
export async function lookUntilSettled(run: Run, look: Look, timeoutMs: number): Promise<VerificationResult> {
  const deadlineMs = Date.now() + timeoutMs;
  const { verifyIntervalMs } = run.input.settings;
  for (;;) {
    await sleep(verifyIntervalMs, { summary: `before looking at ${look.targetService} again` });
    const result = await lookOnce(run, look);
    if (result.settled) return result;
    run.journal.waitingFor(`verification: ${result.reason}`);
    if (Date.now() >= deadlineMs)
      return result.outcome === 'recovered' ? { ...result, outcome: 'unverified' } : result;
  }
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
