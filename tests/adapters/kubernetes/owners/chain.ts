/** From a diagnosis to what is told in the end, by the product's own parts: plan, preview, gate, execution, verification. */
import { setTimeout as pause } from 'node:timers/promises';
import { createPassGate } from '../../../../activities/pass-gate.ts';
import type { Executor, Executors } from '../../../../activities/ports/executor.ts';
import type { Gate } from '../../../../activities/ports.ts';
import { createVerify } from '../../../../activities/verify.ts';
import type { InPlace } from '../../../../domain/remediation/in-place.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import { obstacle } from '../../../../domain/remediation/obstacles.ts';
import type { Plan } from '../../../../domain/remediation/plan.ts';
import { makePlan } from '../../../../domain/remediation/planner.ts';
import { changedSince, expectedBefore } from '../../../../domain/remediation/precondition.ts';
import { defaultRunbook } from '../../../../domain/remediation/runbook.ts';
import type { VerificationResult } from '../../../../domain/remediation/verification.ts';
import { verificationConfigSchema } from '../../../../domain/remediation/verify-config.ts';
import { diagnosis, hypothesis } from '../../../domain/remediation/plans.ts';
import { environment, intentFor } from '../../../support/kubernetes/workloads.ts';
import { memoryGate } from '../../../support/memory-gate.ts';
import { executed } from '../../executors/worker.ts';
import type { TriedAction } from './cases.ts';
import type { PlayedSymptom } from './symptom.ts';

/** How it was told in the end, and by whom. */
export type Told = {
  readonly by: 'plan' | 'preview' | 'gate' | 'execution' | 'verification';
  readonly as: 'refused' | 'taken-back' | 'recovered' | 'not-recovered' | 'unverified' | 'failed';
  /** A step of the plan has paused the owner first. */
  readonly paused: boolean;
  readonly words: string;
  /** When the targets were last asked for before it was told. */
  readonly lookedAtMs?: number;
};

/** What happens meanwhile. */
export type Stages = {
  planned(): Promise<void>;
  sending(): Promise<void>;
  applied(): Promise<void>;
  /** A look would tell that it is fixed: it is made once more, with the same samples. */
  lastLook(): Promise<void>;
};

/** As the product does it, unless a fault is planted: a verification that waits for nobody, and looks at no target again. */
export type Verifies = 'and-looks-again' | 'at-once';

const causes = {
  scale: 'traffic-surge',
  'rollback-release': 'bad-release',
  'rollback-config': 'bad-config',
  restart: 'crash',
} as const satisfies Record<TriedAction, string>;

/** As short as a verification can be: what has to be long, an executor or an action says itself. */
const verification = verificationConfigSchema.parse({
  ...{ settleSeconds: 0, windowSeconds: 2, minSamples: 2, goodLooks: 2, minRequests: 1 },
  ...{ stillBadSeconds: 3, staleSeconds: 60 },
});
const unanswered: readonly string[] = ['unreachable', 'throttled', 'too-late', 'target-unseen'];
const planHash = 'p'.repeat(64);
const lookEveryMs = 500;
const patienceMs = 20_000;
const gateEveryMs = 200;
const gatePatienceMs = 120_000;

export async function throughTheChain(
  executor: Executor,
  service: string,
  action: TriedAction,
  symptom: PlayedSymptom,
  stages: Stages,
  verifies: Verifies = 'and-looks-again',
): Promise<Told> {
  const plan = await planFor(executor, service, action);
  if (typeof plan === 'string') return { by: 'plan', as: 'refused', paused: false, words: plan };
  const paused = plan.steps.length > 1;
  const told = (by: Told['by'], as: Told['as'], words: string): Told => ({ by, as, paused, words });
  for (const step of plan.steps) {
    const previewed = await executor.preview(step);
    if (!previewed.ok)
      return told('preview', 'refused', answered(previewed.code, `${previewed.code}: ${previewed.detail}`));
  }
  await stages.planned();
  let settleMs = 0;
  for (const [index, step] of plan.steps.entries()) {
    const intent = await granted(executor, plan, index);
    if (typeof intent === 'string') return told('gate', 'refused', intent);
    if (step.action === action) await stages.sending();
    const result = await executed(executor, memoryGate(intent), intent);
    if (result.kind === 'blocked')
      return told('execution', 'refused', answered(result.reason, `${result.reason}: ${result.detail}`));
    if (result.kind === 'failed') {
      const as = result.superseded === true ? 'taken-back' : result.code === undefined ? 'failed' : 'refused';
      return told('execution', as, answered(result.code, `${result.code ?? ''} ${result.reason}`));
    }
    if (result.kind !== 'applied') throw new Error(`${step.action} ended as ${result.kind}`);
    settleMs = Math.max(settleMs, result.settleMs ?? 0);
  }
  const effectAtMs = Date.now();
  await stages.applied();
  const found = await verified(executor, plan, symptom, { effectAtMs, settleMs, verifies }, stages);
  return { ...told('verification', found.outcome, found.reason), lookedAtMs: found.lookedAtMs };
}

/** Why nothing was done, unless it is only that the API server gave no answer in time: of the case that says nothing. */
function answered(code: string | undefined, words: string): string {
  if (code !== undefined && unanswered.includes(code)) throw new Error(words);
  return words;
}

async function planFor(executor: Executor, service: string, action: TriedAction): Promise<Plan | string> {
  const planned = makePlan({
    ...{ incidentId: 'i', attempt: 1, resources: [], tried: [], blastSet: new Set([service]) },
    diagnosis: diagnosis(
      hypothesis(causes[action], service, 0.9, {
        scope: { environment, service },
        figures: { rateRatio: 1.6 },
      }),
    ),
    targets: await executor.observe(environment),
    runbook: defaultRunbook,
  });
  return planned.kind === 'plan' ? planned.plan : planned.reason;
}

/** The gate's own look at the target, as the store judges it; what passes by itself is waited for. */
async function granted(executor: Executor, plan: Plan, index: number): Promise<Intent | string> {
  const step = plan.steps[index];
  if (step === undefined) throw new Error(`the plan has no step ${index}`);
  const expects = [expectedBefore(plan, index)];
  const intent = intentFor(step.before, step.action, step.parameters, { step: index, expects });
  const refused = (reason: 'step-unfinished' | 'target-unseen' | 'target-changed', detail: string) =>
    ({ granted: false, reason, detail }) as const;
  const judged: Gate['pass'] = async (_, sighting, unfinished) => {
    if (unfinished != null) return refused('step-unfinished', unfinished);
    if (sighting.kind === 'unseen') return refused('target-unseen', sighting.reason);
    const against = obstacle(intent, sighting.state);
    if (against !== null) return { granted: false, ...against };
    const changed = changedSince(expects, intent, sighting.state);
    return changed === null
      ? { granted: true, intent, status: 'written' }
      : refused('target-changed', changed);
  };
  const pass = createPassGate({
    plans: { plan: async () => ({ plan, planHash }) } as never,
    executors: only(executor),
    gate: { pass: judged } as never,
  });
  const untilMs = Date.now() + gatePatienceMs;
  for (;;) {
    const answer = await pass({ incidentId: 'i', planHash, step: index, direction: 'forward' });
    if (answer.granted) return answer.intent;
    const passes = ['step-unfinished', 'target-unseen', 'rollout-in-progress'].includes(answer.reason);
    if (!passes || Date.now() > untilMs) return answered(answer.reason, `${answer.reason}: ${answer.detail}`);
    await pause(gateEveryMs);
  }
}

type Since = {
  readonly effectAtMs: number;
  readonly settleMs: number;
  readonly verifies: Verifies;
};

async function verified(
  executor: Executor,
  plan: Plan,
  symptom: PlayedSymptom,
  { effectAtMs, settleMs, verifies }: Since,
  stages: Stages,
): Promise<VerificationResult & { readonly lookedAtMs: number }> {
  const target = plan.steps[0]?.target;
  if (target === undefined) throw new Error('the plan has no step');
  const again = verifies === 'and-looks-again' ? { planHash, settleMs } : {};
  let lookedAtMs = 0;
  const looking: Executor = {
    ...executor,
    async observe(...asked) {
      lookedAtMs = Date.now();
      return executor.observe(...asked);
    },
  };
  const { history, anomaly, onsetMs } = symptom;
  // Telemetry is a moment behind: what happens in the last one is in no sample yet.
  let standsAtMs: number | null = null;
  const verify = createVerify({
    history: {
      ...history,
      calls: (range) => history.calls({ ...range, toMs: Math.min(range.toMs, standsAtMs ?? range.toMs) }),
    },
    evidence: { edges: async () => [] } as never,
    executors: only(looking),
    incidents: { state: async () => ({ lastSeq: 1, anomalies: { [anomaly.id]: anomaly } }) } as never,
    plans: { plan: async () => ({ plan, planHash }) } as never,
    ...{ verification, ownLag: null, clock: { nowMs: () => standsAtMs ?? Date.now() } },
  });
  const deadlineMs = effectAtMs + settleMs + patienceMs;
  let inPlace: InPlace | undefined;
  const look = () =>
    verify({
      ...(inPlace && { inPlace }),
      ...again,
      ...{ incidentId: 'i', scope: { environment, service: target.service }, onsetMs, recordedSeq: 1 },
      ...{ effectAtMs, targetService: target.service },
      actions: plan.steps.map(({ action }) => action),
    });
  for (let isFirst = true; ; ) {
    const startedMs = Date.now();
    let answer = await look();
    if (answer.outcome === 'recovered' && isFirst) {
      isFirst = false;
      await stages.lastLook();
      standsAtMs = startedMs;
      answer = await look();
      standsAtMs = null;
    }
    const { inPlace: seen, ...result } = answer;
    inPlace = seen;
    if (result.settled || Date.now() > deadlineMs) return { ...result, lookedAtMs };
    await pause(lookEveryMs);
  }
}

const only = (executor: Executor): Executors => ({
  forTarget: () => executor,
  forEnvironment: () => [executor],
});
