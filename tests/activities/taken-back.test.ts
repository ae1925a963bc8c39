/** A change that its owner takes back when it looks again: nobody tells before that whether it helped. */
import { describe, expect, test } from 'vitest';
import { createVerify } from '../../activities/verify.ts';
import type { InPlace } from '../../domain/remediation/in-place.ts';
import type { Plan } from '../../domain/remediation/plan.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import { verificationConfigSchema } from '../../domain/remediation/verify-config.ts';
import { plan, step, target } from '../domain/remediation/plans.ts';
import { calls, effectSecond, environment, onsetMs, symptom } from '../domain/remediation/verify-series.ts';
import { createFakeExecutor } from '../support/fake-executor.ts';

const planHash = 'p'.repeat(64);
const reconcileMs = 90_000;
const effectAtMs = onsetMs + effectSecond * 1_000;

type Targets = {
  readonly plan: Plan;
  /** What the executor reports so many seconds after the effect. */
  seen(second: number): readonly TargetState[];
};

/** What a look a second comes to, each outcome once, where the symptom is back `takenBackAt` seconds after the effect. */
async function told(
  takenBackAt: number,
  settleMs: number,
  targets?: Targets,
): Promise<VerificationResult['outcome'][]> {
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
    executors: {
      forTarget: () => null,
      forEnvironment: () => [{ ...createFakeExecutor(() => {}), observe: async () => observed() }],
    },
    incidents: incidents as never,
    plans: { plan: async () => targets && { plan: targets.plan, planHash } } as never,
    ...{ verification: verificationConfigSchema.parse({}), ownLag: null },
    clock: { nowMs: () => nowMs },
  });
  const observed = () => targets?.seen((nowMs - effectAtMs) / 1_000) ?? [];
  const outcomes: VerificationResult['outcome'][] = [];
  let inPlace: InPlace | undefined;
  for (; nowMs < effectAtMs + settleMs + 120_000; nowMs += 1_000) {
    const {
      outcome,
      settled,
      inPlace: seen,
    } = await verify({
      ...(targets === undefined ? {} : { planHash }),
      ...(inPlace && { inPlace }),
      ...{ incidentId: 'i', scope: { environment, service: 'shop' }, onsetMs, recordedSeq: 1, effectAtMs },
      ...{ targetService: 'shop', actions: ['pause-sync', 'scale'], settleMs },
    });
    inPlace = seen;
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

describe('an owner that nobody knew of', () => {
  const before = target('shop');
  const scaled = { ...before, desiredReplicas: 4 };
  const owner = { name: 'argo-cd', detail: 'it syncs it', reverts: ['scale'] };
  const steps = step({
    ...{ before, target: before.target, action: 'scale', parameters: { replicas: 4 } },
    inverse: { action: 'scale', parameters: { replicas: 2 } },
  });
  const done = plan([steps]);

  test.each([12, 13, 14])(
    'what it puts back after %i s is not told as fixed in the moment before samples show it',
    async (putBackAt) => {
      const seen = (second: number) => [second < putBackAt ? scaled : before];
      expect(await told(putBackAt, 0, { plan: done, seen })).toEqual(['unverified', 'not-recovered']);
    },
  );

  test('whoever does not look at the target again is deceived by those samples', async () => {
    expect(await told(14, 0)).toEqual(['unverified', 'recovered']);
  });

  test('what somebody else changed for the better is told as fixed, once its own samples say so', async () => {
    const seen = (second: number) => [{ ...scaled, desiredReplicas: second < 10 ? 4 : 6 }];
    expect(await told(600, 0, { plan: done, seen })).toEqual(['unverified', 'recovered']);
  });

  test('one that shows now, and has not looked yet, is waited for', async () => {
    const seen = (second: number) => [second < 5 ? scaled : { ...scaled, owner }];
    expect(await told(600, 0, { plan: done, seen })).toEqual(['unverified']);
    expect(await told(40, 0, { plan: done, seen })).toEqual(['unverified', 'not-recovered']);
  });

  test('a target that cannot be seen is not told as fixed until it can', async () => {
    const seen = (second: number) => (second < 60 ? [] : [scaled]);
    expect(await told(600, 0, { plan: done, seen: () => [] })).toEqual(['unverified']);
    expect(await told(600, 0, { plan: done, seen })).toEqual(['unverified', 'recovered']);
  });
});
