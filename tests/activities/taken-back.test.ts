/** A change that its owner takes back when it looks again: nobody tells before that whether it helped. */
import { expect, test } from 'vitest';
import { createVerify } from '../../activities/verify.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import { verificationConfigSchema } from '../../domain/remediation/verify-config.ts';
import { calls, effectSecond, environment, onsetMs, symptom } from '../domain/remediation/verify-series.ts';

const reconcileMs = 90_000;
const effectAtMs = onsetMs + effectSecond * 1_000;

/** What a look a second comes to, each outcome once, where the symptom is back `takenBackAt` seconds after the effect. */
async function told(takenBackAt: number, settleMs: number): Promise<VerificationResult['outcome'][]> {
  const all = calls('shop', [-190, 600], (second) => ({
    errors: second >= 0 && (second < effectSecond || second >= effectSecond + takenBackAt) ? 4 : 0,
  }));
  let nowMs = effectAtMs;
  const incidents = {
    state: async () => ({ lastSeq: 1, anomalies: { a: symptom('shop', 'errors') } }),
  };
  const verify = createVerify({
    history: {
      calls: async ({ fromMs, toMs }) =>
        all.filter(({ atMs }) => atMs >= fromMs && atMs < Math.min(toMs, nowMs - 2_400)),
      ...{ metrics: async () => [], logs: async () => [] },
    },
    evidence: { edges: async () => [] } as never,
    executors: { forTarget: () => null, forEnvironment: () => [] },
    incidents: incidents as never,
    ...{ verification: verificationConfigSchema.parse({}), ownLag: null },
    clock: { nowMs: () => nowMs },
  });
  const outcomes: VerificationResult['outcome'][] = [];
  for (; nowMs < effectAtMs + settleMs + 120_000; nowMs += 1_000) {
    const { outcome, settled } = await verify({
      ...{ incidentId: 'i', scope: { environment, service: 'shop' }, onsetMs, recordedSeq: 1, effectAtMs },
      ...{ targetService: 'shop', actions: ['pause-sync', 'scale'], settleMs },
    });
    if (outcomes.at(-1) !== outcome) outcomes.push(outcome);
    if (settled) break;
  }
  return outcomes;
}

test.each([10, 30, 60, 89])('taken back after %i s it is never told as fixed', async (takenBackAt) => {
  expect(await told(takenBackAt, reconcileMs)).toEqual(['unverified', 'not-recovered']);
});

test('what stays is told as fixed, after its owner has looked', async () => {
  expect(await told(600, reconcileMs)).toEqual(['unverified', 'recovered']);
});

test('whoever does not wait for the owner is deceived', async () => {
  expect(await told(60, 0)).toContain('recovered');
});
