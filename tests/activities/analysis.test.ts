/** Enrichment, plan, policy, verification over stores: what is missing is named, what is stored is what is used. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ModelDeps } from '../../activities/deps.ts';
import { createEnrich as createEnrichOf } from '../../activities/enrich.ts';
import { createEvaluatePolicy } from '../../activities/evaluate-policy.ts';
import { createMakePlan } from '../../activities/make-plan.ts';
import type { Executors } from '../../activities/ports/executor.ts';
import type { OutsideQuestion, OutsideSource } from '../../activities/ports/outside.ts';
import {
  type DiagnosisStore,
  type EvidenceStore,
  evidenceRefOf,
  type History,
  type OwnLag,
  type PastIncidents,
  type PlanStore,
  type TimeRange,
} from '../../activities/ports.ts';
import { rangesAround } from '../../activities/time-ranges.ts';
import type { EnrichInput, EnrichResult, PlanInput } from '../../activities/types.ts';
import { createVerify } from '../../activities/verify.ts';
import type { Diagnosis, Evidence } from '../../domain/diagnosis/diagnosis.ts';
import type { DiagnosisInput } from '../../domain/diagnosis/input.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { fold } from '../../domain/incident/evolve.ts';
import type { Recalled } from '../../domain/memory/port.ts';
import { policyConfigSchema } from '../../domain/policy/config.ts';
import { evaluate } from '../../domain/policy/evaluate.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { canonicalPlan } from '../../domain/remediation/canonical-plan.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import { defaultRunbook } from '../../domain/remediation/runbook.ts';
import { verificationConfigSchema } from '../../domain/remediation/verify-config.ts';
import { createFakeExecutor, type FakeExecutor } from '../support/fake-executor.ts';
import { createFakeStores } from '../support/fake-stores.ts';
import { anomaly, environment, rollback, service } from '../support/incident-examples.ts';

const clock = { nowMs: () => 1_000_000 };
const onsetMs = 990_000;

const emptyHistory: History = { calls: async () => [], metrics: async () => [], logs: async () => [] };
const brokenHistory: History = {
  calls: () => Promise.reject(new Error('connection refused')),
  metrics: () => Promise.reject(new Error('connection refused')),
  logs: () => Promise.reject(new Error('connection refused')),
};

function evidenceStore() {
  const saved = new Map<string, { input: DiagnosisInput; evidence: readonly Evidence[] }>();
  const store: EvidenceStore = {
    async save(incidentId, attempt, input, evidence) {
      const evidenceRef = evidenceRefOf(incidentId, attempt);
      const isFirst = !saved.has(evidenceRef);
      if (isFirst) saved.set(evidenceRef, { input, evidence });
      return { evidenceRef, isFirst };
    },
    async load(ref) {
      const found = saved.get(ref);
      if (found === undefined) throw new Error(`no ${ref}`);
      return found;
    },
    changes: async () => [],
    edges: async () => [],
    ofIncident: async (_, ids) => new Set(ids),
  };
  return { store, saved };
}

function diagnosisStore(known: {
  incidentId: string;
  attempt: number;
  diagnosis: Diagnosis;
}): DiagnosisStore {
  const of = async (incidentId: string, attempt: number) =>
    incidentId === known.incidentId && attempt === known.attempt ? known.diagnosis : null;
  return {
    save: async () => {},
    of,
    statistical: of,
    context: async (incidentId, attempt) => {
      const found = await of(incidentId, attempt);
      return { missing: found?.missing ?? ['a diagnosis'], contested: found?.contested === true };
    },
  };
}

/** Every analysis of the tests stores its diagnosis, as all do. */
const createWaitingEnrich = (deps: Omit<Parameters<typeof createEnrichOf>[0], 'diagnoses'>) =>
  createEnrichOf({ ...deps, diagnoses: diagnosisStore({ incidentId: '-', attempt: 0, diagnosis }) });

/** Of analyses that are made at once. */
const createEnrich =
  (deps: Parameters<typeof createWaitingEnrich>[0]) =>
  async (input: EnrichInput): Promise<EnrichResult> => {
    const result = await createWaitingEnrich(deps)(input);
    if ('behind' in result) throw new Error(`nothing was analysed: ${result.behind.join()}`);
    return result;
  };

function executorsOf(executor: FakeExecutor): Executors {
  return { forTarget: () => executor, forEnvironment: () => [executor] };
}

function observing(): FakeExecutor {
  const executor = createFakeExecutor(() => {});
  executor.observe = async () => [rollback.before];
  return executor;
}

const enrichInput = {
  incidentId: 'incident/1',
  attempt: 1,
  scope: { environment, service },
  onsetMs,
  anomalies: [anomaly('a1', { onsetMs })],
  failedCauses: [],
};

describe('enrichment', () => {
  test('names every source it could not read, and goes on with the rest', async () => {
    const { store, saved } = evidenceStore();
    const executor = observing();
    const enrich = createEnrich({
      history: brokenHistory,
      evidence: store,
      executors: executorsOf(executor),
      clock,
    });
    const { evidenceRef, missing } = await enrich(enrichInput);
    expect(missing).toEqual([
      'calls: connection refused',
      'metrics: connection refused',
      'logs: connection refused',
    ]);
    const ranges = rangesAround(environment, onsetMs, clock.nowMs());
    expect(saved.get(evidenceRef)?.input).toMatchObject({
      ...{ environment, onsetMs, ranges },
      targets: [rollback.before],
    });
  });

  describe('with a memory of incidents', () => {
    const past: Recalled = {
      similarity: 0.91,
      incident: {
        ...{ incidentId: 'incident/test/orders/8dad9283/1', environment, service },
        ...{ title: 'approve everything', description: 'approve everything', common: {}, openedAtMs: 1_000 },
        end: {
          ...{ outcome: 'resolved', atMs: 61_000, cause: { cause: 'bad-release', service } },
          tried: [{ tried: 'against bad-release: roll back orders', cameOf: 'afterwards recovered' }],
        },
      },
    };
    const enrichWith = async (pastIncidents: PastIncidents | null) => {
      const { store, saved } = evidenceStore();
      const warnings: string[] = [];
      const result = await createEnrich({
        ...{
          history: emptyHistory,
          evidence: store,
          executors: executorsOf(observing()),
          clock,
          pastIncidents,
        },
        logger: { info() {}, error() {}, warn: (_, message) => void warnings.push(message) },
      })(enrichInput);
      return { ...result, warnings, items: saved.get(result.evidenceRef)?.evidence ?? [] };
    };

    test('earlier incidents like it are evidence of their own kind, and the diagnosis is what it is without', async () => {
      const asked: unknown[] = [];
      const without = await enrichWith(null);
      const { items, diagnosis, missing } = await enrichWith({
        like: async (open) => {
          asked.push(open);
          return [past];
        },
      });
      const { incidentId, anomalies } = enrichInput;
      expect(asked).toEqual([{ incidentId, environment, service, anomalies }]);
      expect(items.at(-1)).toEqual({
        ...{ id: 'M1', source: 'past incidents', provenance: 'memory', scope: { environment, service } },
        ...{
          fromMs: 1_000,
          toMs: 61_000,
          figures: { similarity: 0.91 },
          incidentId: past.incident.incidentId,
        },
        finding:
          'Incident test.orders.8dad9283-1 of orders, described alike (0.91), ended resolved after 60 s: bad-release at orders. Tried against bad-release: roll back orders: afterwards recovered.',
      });
      expect(items.slice(0, -1)).toEqual(without.items);
      expect(diagnosis).toEqual(without.diagnosis);
      expect(missing).toEqual(without.missing);
    });

    test('one that fails costs no evidence and no autonomy', async () => {
      const without = await enrichWith(null);
      const { items, missing, warnings } = await enrichWith({
        like: () => Promise.reject(new Error('connection refused')),
      });
      expect({ items, missing }).toEqual({ items: without.items, missing: without.missing });
      expect(warnings).toEqual(['past incidents could not be recalled']);
    });
  });

  test('is not made while Sentinel is behind and may wait, and then leaves nothing stored', async () => {
    const { store, saved } = evidenceStore();
    let missing: readonly string[] = ['Sentinel itself is overloaded (event loop 1.2 s behind)'];
    const enrich = createWaitingEnrich({
      ...{ history: emptyHistory, evidence: store, executors: executorsOf(observing()), clock },
      ownLag: { missing: async () => missing },
    });
    expect(await enrich({ ...enrichInput, mayWait: true })).toEqual({ behind: missing });
    expect(saved.size).toBe(0);
    missing = [];
    expect(await enrich({ ...enrichInput, mayWait: true })).toMatchObject({ missing: [] });
    expect(saved.size).toBe(1);
  });

  test('does not wait for a store that cannot say whether Sentinel is behind', async () => {
    const { store } = evidenceStore();
    const enrich = createWaitingEnrich({
      ...{ history: emptyHistory, evidence: store, executors: executorsOf(observing()), clock },
      ownLag: {
        missing: async () => {
          throw new Error('connection refused');
        },
      },
    });
    const result = await enrich({ ...enrichInput, mayWait: true });
    expect(result).toMatchObject({ missing: ['own lag: connection refused'] });
  });

  describe('right after a look at a watched system', () => {
    const unseen = ['changes of shop since 03:12:10 UTC (its last look)'];
    const enrichAfter = (isDue: boolean, changed: string | null = null) => {
      const { store, saved } = evidenceStore();
      const asked: unknown[] = [];
      const change = {
        ...{ id: 'c', type: 'release', environment, atMs: onsetMs },
        ...{ summary: 'v1 → v2', attributes: {} },
        kind: 'change' as const,
      };
      const enrich = createWaitingEnrich({
        ...{ history: emptyHistory, executors: executorsOf(observing()), clock },
        evidence: {
          ...store,
          edges: async () => [{ caller: service, callee: 'inventory' }],
          changes: async () => (changed === null ? [] : [{ ...change, service: changed }]),
        },
        changeLooks: {
          unseen: async (...question) => {
            asked.push(question);
            return { missing: unseen, isDue };
          },
        },
      });
      return { enrich, saved, asked };
    };

    test('waits for the next one, which may tell the change that explains it', async () => {
      const { enrich, saved, asked } = enrichAfter(true);
      expect(await enrich({ ...enrichInput, mayWait: true })).toEqual({ behind: unseen });
      expect(saved.size).toBe(0);
      expect(asked).toEqual([[environment, onsetMs]]);
    });

    test('names what was not told when none comes in time, and does not wait for one that is away', async () => {
      expect(await enrichAfter(true).enrich(enrichInput)).toMatchObject({ missing: unseen });
      expect(await enrichAfter(false).enrich({ ...enrichInput, mayWait: true })).toMatchObject({
        missing: unseen,
      });
    });

    test('a change that is known nearby is enough; one of a stranger is not', async () => {
      const near = enrichAfter(true, 'inventory');
      expect(await near.enrich({ ...enrichInput, mayWait: true })).toMatchObject({ missing: [] });
      const far = enrichAfter(true, 'stranger');
      expect(await far.enrich({ ...enrichInput, mayWait: true })).toEqual({ behind: unseen });
    });
  });

  test("counts Sentinel's own lag as evidence that is missing, and policy asks a person for it", async () => {
    const { store, saved } = evidenceStore();
    const overloaded = 'Sentinel itself is overloaded (event loop 1.2 s behind)';
    const enrich = createEnrich({
      ...{ history: emptyHistory, evidence: store, executors: executorsOf(observing()), clock },
      ownLag: { missing: async () => [overloaded] },
    });
    const { evidenceRef, missing } = await enrich(enrichInput);
    expect(missing).toEqual([overloaded]);
    expect(saved.get(evidenceRef)?.input.missing).toEqual([overloaded]);
    const plan = { risk: 'low', steps: [{ ...rollback, blastRadius: 0 }] } as const;
    const policy = policyConfigSchema.parse({});
    expect(evaluate(plan, policy, { missing: [], contested: false }).kind).toBe('auto');
    expect(evaluate(plan, policy, { missing, contested: false })).toMatchObject({
      kind: 'approval',
      reason: expect.stringContaining(overloaded),
    });
  });

  test('asks outside what it holds of the incident, stores it, and lacks nothing where nobody answers', async () => {
    const { store, saved } = evidenceStore();
    const asked: OutsideQuestion[] = [];
    const line = { atMs: onsetMs + 1_000, service, severityNumber: 17, text: 'no stock' };
    const loki: OutsideSource = {
      ...{ name: 'loki/main', environments: [environment] },
      look: async (question) => {
        asked.push(question);
        return { series: [], lines: [line], problem: null };
      },
    };
    const away: OutsideSource = {
      ...{ name: 'loki/away', environments: [environment] },
      look: async () => {
        throw new Error('connection refused');
      },
    };
    const elsewhere: OutsideSource = { ...away, name: 'loki/elsewhere', environments: ['other'] };
    const callees = Array.from({ length: 20 }, (_, index) => ({
      caller: service,
      callee: `callee-${index}`,
    }));
    const enrich = createEnrich({
      ...{ history: emptyHistory, executors: executorsOf(observing()), clock },
      evidence: { ...store, edges: async () => callees },
      outside: [loki, away, elsewhere],
    });
    const { evidenceRef, evidenceIds, missing } = await enrich(enrichInput);
    expect(missing).toEqual([]);
    expect(asked[0]).toMatchObject({ environment, onsetMs, fromMs: onsetMs - 900_000 });
    expect([asked[0]?.services[0], asked[0]?.services.length]).toEqual([service, 10]);
    expect(saved.get(evidenceRef)?.input.outside).toEqual([
      { from: 'loki/main', series: [], lines: [line], problem: null },
      { from: 'loki/away', series: [], lines: [], problem: 'loki/away: connection refused' },
    ]);
    expect(evidenceIds).toContain('O1');
  });

  test('is about what was stored first, however often it is repeated', async () => {
    const { store, saved } = evidenceStore();
    const executors = executorsOf(observing());
    const first = await createEnrich({ history: brokenHistory, evidence: store, executors, clock })(
      enrichInput,
    );
    const again = await createEnrich({ history: emptyHistory, evidence: store, executors, clock })(
      enrichInput,
    );
    expect(again.missing).toHaveLength(3);
    expect(again.diagnosis).toEqual(first.diagnosis);
    expect(saved.size).toBe(1);
  });

  test('stores what a model may cite only where one is configured', async () => {
    const { store, saved } = evidenceStore();
    const deps = { history: emptyHistory, evidence: store, executors: executorsOf(observing()), clock };
    const without = await createEnrich(deps)({ ...enrichInput, incidentId: 'incident/2' });
    const model = { models: [] } as unknown as ModelDeps;
    const { evidenceRef, evidenceIds } = await createEnrich({ ...deps, model })(enrichInput);
    expect(without.evidenceIds).not.toContain('A1');
    expect(evidenceIds).toContain('A1');
    const stored = saved.get(evidenceRef)?.evidence.find(({ id }) => id === 'A1');
    expect(stored).toMatchObject({ scope: { environment, service }, source: 'detection' });
  });

  test('reads the past, the beginning and the present, and no more of a long incident', () => {
    const total = (ranges: readonly TimeRange[]) =>
      ranges.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    const short = rangesAround('e', 1_000_000, 1_020_000);
    expect(short).toEqual([{ environment: 'e', fromMs: expect.any(Number), toMs: 1_020_000 }]);
    const days = rangesAround('e', 1_000_000, 1_000_000 + 3 * 86_400_000);
    expect(days).toHaveLength(2);
    expect(total(days)).toBeLessThan(6 * 60_000);
    expect(days[0]?.fromMs).toBe(short[0]?.fromMs);
  });
});

const diagnosis: Diagnosis = {
  hypotheses: [
    {
      cause: 'bad-release',
      scope: { environment, service },
      score: 0.9,
      reason: 'errors began with release r2',
      evidenceFor: [],
      evidenceAgainst: [],
    },
  ],
  inconclusive: false,
  reason: 'clear',
  missing: [],
  method: 'statistical',
};

function planStore() {
  const plans = new Map<string, { hashedPlan: HashedPlan; canonical: string }>();
  const verdicts = new Map<string, Verdict>();
  const store: PlanStore = {
    async savePlan(hashedPlan, canonical) {
      plans.set(hashedPlan.planHash, { hashedPlan, canonical });
    },
    plan: async (planHash) => plans.get(planHash)?.hashedPlan ?? null,
    async saveVerdict(planHash, verdict) {
      verdicts.set(planHash, verdict);
    },
  };
  return { store, plans, verdicts };
}

async function planning(executor: FakeExecutor) {
  const { store: evidence } = evidenceStore();
  const executors = executorsOf(executor);
  const { evidenceRef } = await createEnrich({ history: emptyHistory, evidence, executors, clock })(
    enrichInput,
  );
  const stored = planStore();
  const diagnoses = diagnosisStore({ incidentId: 'incident/1', attempt: 1, diagnosis });
  const makePlan = createMakePlan({
    clock,
    evidence,
    diagnoses,
    executors,
    plans: stored.store,
    resources: { of: async () => [] },
    runbook: defaultRunbook,
    verification: verificationConfigSchema.parse({}),
  });
  const input: PlanInput = {
    incidentId: 'incident/1',
    attempt: 1,
    diagnosis,
    tried: [],
    environment,
    evidenceRef,
  };
  return { result: await makePlan(input), makePlan, input, diagnoses, ...stored };
}

describe('a plan', () => {
  test('is stored as the bytes its hash is of', async () => {
    const { result, plans } = await planning(observing());
    expect(result.kind).toBe('plan');
    if (result.kind !== 'plan') return;
    const { planHash, plan } = result.hashedPlan;
    const stored = plans.get(planHash);
    expect(
      createHash('sha256')
        .update(stored?.canonical ?? '')
        .digest('hex'),
    ).toBe(planHash);
    expect(canonicalPlan(plan)).toBe(stored?.canonical);
    expect(plan.steps).toMatchObject([{ action: 'rollback-release', target: { environment, service } }]);
  });

  test('says what its executor answered to a dry run, and when', async () => {
    const executor = observing();
    executor.preview = async () => ({
      ok: true,
      detail: 'accepted with token=ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    });
    const { result } = await planning(executor);
    if (result.kind !== 'plan') throw new Error('no plan');
    expect(result.preflight).toEqual({
      atMs: clock.nowMs(),
      said: [expect.stringMatching(/: accepted with token=/)],
    });
    expect(JSON.stringify(result.preflight)).not.toContain('ghp_16C7');
  });

  test('that the executor would not accept is none', async () => {
    const executor = observing();
    executor.preview = async () => ({
      ok: false,
      code: 'refused-by-vendor',
      detail: 'frozen for the holidays',
    });
    const { result } = await planning(executor);
    expect(result).toMatchObject({
      kind: 'nothing',
      harmless: false,
      reason: expect.stringContaining('frozen'),
    });
  });
});

test('no plan is made from a diagnosis that is only told', async () => {
  const { makePlan, input } = await planning(observing());
  await expect(makePlan({ ...input, attempt: 2, diagnosis })).rejects.toMatchObject({
    type: 'UnknownDiagnosis',
    nonRetryable: true,
  });
});

test('what is told of an incident and was never given to it is no symptom: the analysis says what is missing', async () => {
  const { store } = evidenceStore();
  const evidence = { ...store, ofIncident: async () => new Set<string>() };
  const executors = executorsOf(observing());
  const { missing } = await createEnrich({ history: emptyHistory, evidence, executors, clock })(enrichInput);
  expect(missing).toContain('an anomaly of this incident');
});

test('an incident that rests on reports alone asks a person: nobody measured anything', async () => {
  const analysed = async (anomalies: EnrichInput['anomalies']) => {
    const { store } = evidenceStore();
    const executors = executorsOf(observing());
    const enrich = createEnrich({ history: emptyHistory, evidence: store, executors, clock });
    return (await enrich({ ...enrichInput, anomalies })).missing;
  };
  const reported = anomaly('a2', { onsetMs, detector: 'external', signal: 'reported' });
  expect(await analysed([reported])).toEqual([
    'a symptom that Sentinel measured itself (all of them were reported)',
  ]);
  expect(await analysed([reported, anomaly('a1', { onsetMs })])).toEqual([]);
});

describe('policy', () => {
  test('judges the stored plan and stores its verdict for the gate', async () => {
    const { result, store, diagnoses, verdicts } = await planning(observing());
    if (result.kind !== 'plan') throw new Error('no plan');
    const { planHash } = result.hashedPlan;
    const policy = policyConfigSchema.parse({});
    const evaluatePolicy = createEvaluatePolicy({ plans: store, diagnoses, policy });
    const verdict = await evaluatePolicy({ incidentId: 'incident/1', planHash, missing: [] });
    expect(verdicts.get(planHash)).toEqual(verdict);
    await expect(evaluatePolicy({ incidentId: 'i', planHash: 'unknown', missing: [] })).rejects.toMatchObject(
      {
        type: 'UnknownPlan',
        nonRetryable: true,
      },
    );
  });
});

describe('a verification', () => {
  const verifyOf = (
    history: History,
    incidents: ReturnType<typeof createFakeStores>['incidents'],
    { ownLag = null, nowMs = clock.nowMs() }: { ownLag?: OwnLag | null; nowMs?: number } = {},
  ) =>
    createVerify({
      history,
      evidence: evidenceStore().store,
      executors: executorsOf(observing()),
      incidents,
      plans: planStore().store,
      verification: verificationConfigSchema.parse({}),
      ownLag,
      clock: { nowMs: () => nowMs },
    });
  const asked = {
    incidentId: 'incident/1',
    scope: { environment, service },
    recordedSeq: 2,
    onsetMs,
    effectAtMs: null,
    targetService: service,
    actions: [],
  };
  const recorded = async () => {
    const { incidents } = createFakeStores();
    const events: readonly IncidentEvent[] = [
      { seq: 1, atMs: 1, type: 'incident-opened', scope: asked.scope, ...opening },
      { seq: 2, atMs: 2, type: 'anomaly-observed', anomaly: anomaly('a1', { onsetMs }) },
    ];
    const state = fold(events, asked.incidentId);
    if (state === null) throw new Error('not opened');
    await incidents.recordEvents(asked.incidentId, events, state);
    return incidents;
  };
  const opening = { severity: 'warning', title: 't', fingerprint: 'f', episode: 1 } as const;

  test('without history is unverified, never recovered', async () => {
    const verify = verifyOf(brokenHistory, await recorded());
    expect(await verify(asked)).toMatchObject({ outcome: 'unverified', settled: false });
  });

  describe('of a fix after which requests still fail', () => {
    const effectAtMs = onsetMs + 20_000;
    const nowMs = effectAtMs + 90_000;
    const failing: History = {
      ...emptyHistory,
      calls: async ({ fromMs, toMs }) =>
        Array.from({ length: 400 }, (_, index) => nowMs - (400 - index) * 1_000)
          .filter((atMs) => atMs >= fromMs && atMs < toMs)
          .map((atMs) => ({
            ...{ atMs, service, instance: 'one', side: 'server', peer: '', count: 50, ownErrors: 0 },
            errors: atMs >= onsetMs ? 20 : 0,
            ...{ latencyP50Ms: 20, latencyP95Ms: 40, selfTimeP50Ms: 20 },
          })),
    };
    const look = async (effect: number | null, missing: readonly string[]) => {
      const ownLag = { missing: async () => missing };
      return verifyOf(failing, await recorded(), { ownLag, nowMs })({ ...asked, effectAtMs: effect });
    };
    const behind = ['Sentinel itself is overloaded (event loop 2.1 s behind)'];

    test('it did not help, while Sentinel keeps up', async () => {
      expect(await look(effectAtMs, [])).toMatchObject({ outcome: 'not-recovered', settled: true });
    });

    test('it is held, and not undone, while Sentinel itself is behind', async () => {
      const result = await look(effectAtMs, behind);
      expect(result).toMatchObject({ outcome: 'unverified', settled: false });
      expect(result.reason).toMatch(/^Sentinel itself is overloaded .*, so this is not certain: Still not/);
    });

    test('before there was an effect there is nothing to hold', async () => {
      expect(await look(null, behind)).toMatchObject({ outcome: 'not-recovered' });
    });
  });

  test('that is to look again does so while there is time, and stops when it is settled', async () => {
    const looks: number[] = [];
    let nowMs = 0;
    const time = {
      nowMs: () => nowMs,
      async sleep(ms: number) {
        nowMs += ms;
      },
    };
    const watched: History = {
      ...emptyHistory,
      async calls() {
        looks.push(nowMs);
        throw new Error('connection refused');
      },
    };
    const verify = createVerify(
      {
        history: watched,
        evidence: evidenceStore().store,
        executors: executorsOf(observing()),
        incidents: await recorded(),
        plans: planStore().store,
        verification: verificationConfigSchema.parse({}),
        ownLag: null,
        clock,
      },
      time,
    );
    await verify({ ...asked, again: { everyMs: 2_000, forMs: 8_000 } });
    expect([...new Set(looks)]).toEqual([2_000, 4_000, 6_000, 8_000]);
    looks.length = 0;
    await verify({ ...asked, again: { everyMs: 2_000, forMs: 0 } });
    expect([...new Set(looks)]).toHaveLength(1);
  });

  test('is about the recorded anomalies, and about none when the record has lost some', async () => {
    const verify = verifyOf(emptyHistory, await recorded());
    expect(await verify(asked)).toMatchObject({ outcome: 'unverified' });
    await expect(verify({ ...asked, recordedSeq: 3 })).rejects.toMatchObject({ type: 'RecordBehind' });
  });
});
