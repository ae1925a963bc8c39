/**
 * A small world for incident workflows: stores in memory that keep their promises, a target that one fix heals, and an
 * executor whose answers can be lost. The real activities run on it, except the analysis, which follows a script.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { createDraftPostmortem } from '../../activities/draft-postmortem.ts';
import { createExecute } from '../../activities/execute.ts';
import { withFailures } from '../../activities/failures.ts';
import { createPassGate } from '../../activities/pass-gate.ts';
import { createRecordEvents } from '../../activities/record-events.ts';
import { createRecords } from '../../activities/records.ts';
import type { Activities, ModelTurnInput, ModelTurnResult, VerifyInput } from '../../activities/types.ts';
import type { Cause } from '../../domain/diagnosis/causes.ts';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { HashedPlan, Plan, PlanStep } from '../../domain/remediation/plan.ts';
import { stepKey } from '../../domain/remediation/plan.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import { createFakeExecutor, type FakeExecutor } from './fake-executor.ts';
import { createFakeStores, type FakeStores } from './fake-stores.ts';
import { approval, auto, deny, environment, rollback, service } from './incident-examples.ts';

export type ScriptedAnalysis =
  | { readonly steps: readonly PlanStep[]; readonly verdict: Verdict; readonly cause?: Cause }
  | {
      readonly nothing: string;
      readonly harmless: boolean;
      readonly inconclusive?: boolean;
      /** A reading that will tell more so long after the analysis. */
      readonly awaitedForMs?: number;
    };

export type World = {
  readonly activities: Activities;
  readonly stores: FakeStores;
  readonly executor: FakeExecutor;
  /** What each analysis comes to; the last one is repeated. */
  script: readonly ScriptedAnalysis[];
  /** Applying any of these step keys heals the target. */
  fixedBy: readonly string[];
  healthy: boolean;
  /** What a verification answers while the target is not healthy. */
  unhealthyAnswer: VerificationResult['outcome'];
  /** By what Sentinel itself is behind. */
  overloads: readonly string[];
  /** What a model turn comes to. */
  modelTurn: (input: ModelTurnInput) => Promise<ModelTurnResult>;
  /** Names of activities that fail for good while they are in here. */
  readonly broken: Set<keyof Activities>;
  /** Every call of an activity, in order. */
  readonly calls: { readonly name: keyof Activities; readonly input: unknown }[];
  /** Resolves when the activity has been called `times` times. */
  called(name: keyof Activities, times?: number): Promise<void>;
};

export function createWorld(): World {
  const stores = createFakeStores();
  const waiting: { name: string; times: number; resolve: () => void }[] = [];
  const world = {
    stores,
    script: [{ steps: [rollback], verdict: auto }],
    fixedBy: [stepKey(rollback)],
    healthy: false,
    unhealthyAnswer: 'not-recovered',
    overloads: [],
    broken: new Set(),
    calls: [],
    modelTurn: async () => ({ kind: 'over', reason: 'no model is configured' }),
    executor: createFakeExecutor((key) => {
      if (world.fixedBy.includes(key)) world.healthy = true;
    }),
    async called(name: keyof Activities, times = 1) {
      const count = (): number => world.calls.filter((call) => call.name === name).length;
      if (count() >= times) return;
      await new Promise<void>((resolve) => waiting.push({ name, times, resolve }));
    },
  } as unknown as World;
  const activities = watched(world, waiting, withFailures(activitiesOf(world), silent));
  return Object.assign(world, { activities });
}

function activitiesOf(world: World): Activities {
  const { stores, executor } = world;
  const clock = { nowMs: () => Date.now() };
  return {
    ...scriptedAnalysis(world),
    ...createRecords({ ...stores, clock }),
    recordEvents: createRecordEvents({ incidents: stores.incidents, metrics: noMetrics }),
    draftPostmortem: createDraftPostmortem(stores),
    passGate: createPassGate({
      gate: stores.gate,
      plans: {
        savePlan: async () => {},
        saveVerdict: async () => {},
        plan: async (hash) => stores.plans.get(hash) ?? null,
      },
      executors: { forTarget: () => executor, forEnvironment: () => [executor] },
    }),
    execute: createExecute({
      gate: stores.gate,
      executors: { forTarget: () => executor },
      logger: silent,
      metrics: noMetrics,
      timings: {
        everyMs: 1,
        pollEveryMs: 1,
        patienceMs: 20,
        steadyAnswers: 2,
        followForMs: 2_000,
        tellAfterMs: () => 0,
        nowMs: () => Date.now(),
        sleep: (ms) => sleep(ms),
      },
    }),
    async verify(input) {
      if (input.again) await sleep(input.again.everyMs);
      return verification(world, input);
    },
  };
}

function scriptedAnalysis(
  world: World,
): Pick<Activities, 'enrich' | 'modelTurn' | 'makePlan' | 'evaluatePolicy'> {
  const scripted = (attempt: number): ScriptedAnalysis =>
    world.script[Math.min(attempt, world.script.length) - 1] ?? {
      nothing: 'nothing scripted',
      harmless: false,
    };
  const causeOf = (attempt: number): Cause => {
    const analysis = scripted(attempt);
    return 'steps' in analysis ? (analysis.cause ?? 'bad-release') : 'error-burst';
  };
  const diagnosisOf = (attempt: number): Diagnosis => {
    const analysis = scripted(attempt);
    const inconclusive = 'nothing' in analysis && analysis.inconclusive === true;
    const awaitedForMs = 'nothing' in analysis ? analysis.awaitedForMs : undefined;
    const awaits =
      awaitedForMs === undefined
        ? {}
        : { awaits: { reading: 'CPU of orders', dueMs: Date.now() + awaitedForMs } };
    return { ...diagnosis(causeOf(attempt)), inconclusive, ...awaits };
  };
  return {
    enrich: async ({ incidentId, attempt, mayWait }) =>
      mayWait === true && world.overloads.length > 0
        ? { behind: world.overloads }
        : {
            evidenceRef: await world.stores.evidence.saveFor(incidentId, attempt),
            evidenceIds: ['E1'],
            missing: world.overloads,
            diagnosis: diagnosisOf(attempt),
          },
    modelTurn: async (input) => world.modelTurn(input),
    async makePlan({ incidentId, attempt }) {
      const analysis = scripted(attempt);
      if ('nothing' in analysis)
        return { kind: 'nothing', reason: analysis.nothing, harmless: analysis.harmless };
      const hashedPlan = hashed({
        incidentId,
        attempt,
        cause: causeOf(attempt),
        reason: 'as scripted',
        steps: analysis.steps,
        risk: 'low',
      });
      world.stores.plans.set(hashedPlan.planHash, hashedPlan);
      return { kind: 'plan', hashedPlan };
    },
    async evaluatePolicy({ planHash, contested }) {
      const analysis = scripted(world.stores.plans.get(planHash)?.plan.attempt ?? 1);
      const ruled = 'steps' in analysis ? analysis.verdict : deny;
      const verdict = contested === true && ruled.kind === 'auto' ? approval() : ruled;
      world.stores.verdicts.set(planHash, verdict);
      return verdict;
    },
  };
}

function hashed(plan: Plan): HashedPlan {
  return { plan, planHash: createHash('sha256').update(JSON.stringify(plan)).digest('hex') };
}

function diagnosis(cause: Cause): Diagnosis {
  const hypothesis = {
    cause,
    scope: { environment, service },
    score: 0.8,
    reason: 'as scripted',
    evidenceFor: ['E1'],
    evidenceAgainst: [],
  };
  return {
    hypotheses: [hypothesis],
    inconclusive: false,
    reason: 'as scripted',
    missing: [],
    method: 'statistical',
  };
}

function verification(world: World, _input: VerifyInput): VerificationResult {
  const outcome = world.healthy ? 'recovered' : world.unhealthyAnswer;
  return {
    outcome,
    settled: outcome !== 'unverified',
    reason: world.healthy ? 'the series is back to normal' : 'the series is as bad as before',
    freshSamples: outcome === 'unverified' ? 0 : 20,
    series: [],
    controlImprovedToo: false,
  };
}

/** Notes every call, and makes broken activities fail for good. */
function watched(
  world: World,
  waiting: { name: string; times: number; resolve: () => void }[],
  activities: Activities,
): Activities {
  const entries = Object.entries(activities).map(([key, activity]) => {
    const name = key as keyof Activities;
    return [
      name,
      async (input: never) => {
        world.calls.push({ name, input });
        const times = world.calls.filter((call) => call.name === name).length;
        for (const one of waiting) if (one.name === name && times >= one.times) one.resolve();
        if (world.broken.has(name)) throw brokenFailure(name);
        return (activity as (input: never) => Promise<unknown>)(input);
      },
    ];
  });
  return Object.fromEntries(entries) as Activities;
}

function brokenFailure(name: string): Error {
  return ApplicationFailure.nonRetryable(`${name} is broken`, 'Broken');
}

export const silent = { info() {}, warn() {}, error() {}, debug() {} };
export const noMetrics = { count() {}, observe() {} };
