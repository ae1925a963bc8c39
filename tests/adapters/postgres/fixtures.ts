/** Small true-to-life values for the stores: each call is about an environment, incident or target of its own. */
import { createHash, randomUUID } from 'node:crypto';
import type { GateInput } from '../../../activities/types.ts';
import type { Stores } from '../../../adapters/postgres/index.ts';
import { canonicalJson } from '../../../domain/audit/canonical.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Diagnosis } from '../../../domain/diagnosis/diagnosis.ts';
import type { IncidentEvent, IncidentEventBody } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { GateResult } from '../../../domain/remediation/intent.ts';
import type { HashedPlan, Plan, PlanStep } from '../../../domain/remediation/plan.ts';
import { type Sighting, stateAfter } from '../../../domain/remediation/precondition.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { person } from '../../support/people.ts';

export const auto: Verdict = { kind: 'auto', rule: 'risk low', reason: 'low risk' };
export const twoOperators = {
  kind: 'approval',
  rule: 'risk medium',
  reason: 'medium risk',
  role: 'operator',
  quorum: 2,
  deadlineSeconds: 600,
} as const satisfies Verdict;
export const oneOperator = { ...twoOperators, quorum: 1 } as const satisfies Verdict;

export function unique(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 18)}`;
}

export { person };

export function anomalyOf(about: {
  environment: string;
  service?: string;
  onsetMs?: number;
  id?: string;
  state?: Anomaly['state'];
  severity?: Anomaly['severity'];
  signal?: Anomaly['signal'];
}): Anomaly {
  const {
    environment,
    service = 'api',
    onsetMs = 1_000_000,
    state = 'firing',
    severity = 'critical',
  } = about;
  return {
    id: about.id ?? unique('anomaly'),
    state,
    detector: 'error-ratio',
    signal: about.signal ?? 'errors',
    scope: { environment, service },
    seriesKey: `calls/${service}`,
    metric: 'errors',
    direction: 'up',
    onsetMs,
    detectedMs: onsetMs + 5_000,
    ...(state === 'cleared' ? { clearedMs: onsetMs + 60_000 } : {}),
    expected: 0.01,
    seen: 0.4,
    score: 40,
    confidence: 0.9,
    severity,
    summary: `errors of ${service} rose from 0.01 to 0.4`,
  };
}

export function stepOf(environment: string, service: string, change: Partial<PlanStep> = {}): PlanStep {
  const target = { environment, service };
  return {
    action: 'scale',
    target,
    executor: 'mock',
    parameters: { replicas: 4 },
    inverse: { action: 'scale', parameters: { replicas: 2 } },
    reversible: true,
    risk: 'low',
    downtimeSeconds: 0,
    blastRadius: 0,
    before: {
      target,
      executor: 'mock',
      desiredReplicas: 2,
      replicas: [],
      release: 'r2',
      config: 'c1',
      supports: ['scale', 'restart'],
    },
    ...change,
  };
}

export function planOf(
  incidentId: string,
  steps: readonly PlanStep[],
  attempt = 1,
): HashedPlan & { canonical: string } {
  const plan: Plan = {
    incidentId,
    attempt,
    cause: 'traffic-surge',
    reason: 'too little room',
    steps,
    risk: 'low',
  };
  const canonical = canonicalJson(plan);
  return { plan, canonical, planHash: createHash('sha256').update(canonical).digest('hex') };
}

/** An incident that is told fact by fact: keeps the events and the state, and records them in the store. */
export function tell(
  stores: Stores,
  environment: string,
  service = 'api',
  incidentId = unique('incident/test'),
) {
  const events: IncidentEvent[] = [];
  const state = (): IncidentState => {
    const folded = fold(events, incidentId);
    if (folded === null) throw new Error('the first event opens the incident');
    return folded;
  };
  const record = async (...bodies: readonly IncidentEventBody[]): Promise<void> => {
    const added = bodies.map((body, index) => ({
      seq: events.length + index + 1,
      atMs: Date.now(),
      ...body,
    }));
    events.push(...added);
    await stores.incidents.recordEvents(incidentId, added, state());
  };
  const opened: IncidentEventBody = {
    type: 'incident-opened',
    scope: { environment, service },
    severity: 'critical',
    title: `${service}: errors up`,
    fingerprint: 'f',
    episode: 1,
  };
  return { incidentId, environment, events, state, record, opened };
}

/** What correlation does: an anomaly of its own opens an incident of its own. */
export async function openIncident(stores: Pick<Stores, 'episodes'>, environment: string): Promise<string> {
  const anomaly = anomalyOf({ environment, service: unique('service'), onsetMs: Date.now() });
  const assigned = await stores.episodes.assign(anomaly, { windowMs: 0, maxHops: 0 });
  if (assigned.kind !== 'incident') throw new Error(`no incident was opened: ${assigned.reason}`);
  return assigned.input.incidentId;
}

/** The same symptom, opened by correlation and recorded; what ended shortly before it, it follows. */
export async function comesBack(
  stores: Stores,
  environment: string,
  severity: 'warning' | 'critical' = 'warning',
): Promise<ReturnType<typeof tell> & { close(how?: Partial<Closing>): Promise<void> }> {
  const anomaly = anomalyOf({ environment, severity, onsetMs: Date.now() });
  const assigned = await stores.episodes.assign(anomaly, { windowMs: 0, maxHops: 0 });
  if (assigned.kind !== 'incident') throw new Error(`no incident was opened: ${assigned.reason}`);
  const { incidentId, follows, title } = assigned.input;
  const told = tell(stores, environment, 'api', incidentId);
  const again = follows === undefined ? {} : { follows };
  const opened = { ...told.opened, severity, title, ...again } as IncidentEventBody;
  // Together: whoever looks in between would be told twice, and the second time may be held back by a cooldown.
  await told.record(opened, { type: 'anomaly-observed', anomaly });
  return {
    ...told,
    async close(how = {}) {
      const outcome = how.outcome ?? 'escalated';
      await told.record({ type: 'incident-closed', outcome, reason: 'r', actor: 'sentinel', ...how });
      await stores.incidents.closeEpisode(incidentId, outcome, Date.now() - 1_000);
    },
  };
}
type Closing = Extract<IncidentEventBody, { type: 'incident-closed' }>;

export type Ready = ReturnType<typeof tell> & { readonly planHash: string; readonly plan: HashedPlan };

/** An open incident whose plan is stored, judged, and current: what a workflow has done before it asks the gate. */
export async function readyToAct(
  stores: Stores,
  about: {
    environment?: string;
    service?: string;
    steps?: readonly PlanStep[];
    verdict?: Verdict;
  } = {},
): Promise<Ready> {
  const { environment = unique('env'), service = 'api', verdict = auto } = about;
  const told = tell(stores, environment, service, await openIncident(stores, environment));
  await told.record(told.opened, { type: 'enrichment-started', attempt: 1 });
  const plan = await propose(stores, told, about.steps ?? [stepOf(environment, service)], verdict);
  return { ...told, planHash: plan.planHash, plan };
}

/** Nothing is missing, and nobody disagrees. */
export const diagnosed: Diagnosis = {
  hypotheses: [],
  inconclusive: false,
  reason: 'as told',
  missing: [],
  method: 'statistical',
};

/** Makes a plan the incident's current one, with policy's verdict. */
export async function propose(
  stores: Stores,
  told: ReturnType<typeof tell>,
  steps: readonly PlanStep[],
  verdict: Verdict,
  attempt = 1,
): Promise<HashedPlan> {
  const { canonical, ...hashedPlan } = planOf(told.incidentId, steps, attempt);
  await stores.diagnoses.save(told.incidentId, attempt, diagnosed);
  await stores.plans.savePlan(hashedPlan, canonical);
  await told.record({ type: 'planned', attempt, hashedPlan });
  await stores.plans.saveVerdict(hashedPlan.planHash, verdict);
  await told.record({ type: 'decided', attempt, verdict });
  return hashedPlan;
}

/** Opens the request that the verdict asks for. */
export async function askPeople(
  stores: Stores,
  ready: Ready,
  deadlineMs = Date.now() + 600_000,
): Promise<void> {
  const { verdict } = ready.state();
  if (verdict?.kind !== 'approval') throw new Error('policy asks nobody');
  const { role, quorum } = verdict;
  const { incidentId, planHash } = ready;
  await ready.record({ type: 'approval-requested', planHash, role, quorum, deadlineMs });
  await stores.approvalRequests.open({ incidentId, planHash, role, quorum, deadlineMs });
}

/** The target of a step as its plan expects to find it: before the step, or as the step has left it. */
async function asPlanned(stores: Pick<Stores, 'plans'>, input: GateInput): Promise<TargetState | null> {
  const planned = await stores.plans.plan(input.planHash).catch(() => null);
  const step = planned?.plan.steps[input.step];
  if (step === undefined) return null;
  return input.direction === 'forward' ? step.before : stateAfter(step.before, step);
}

/** Asks the gate with the target as the plan expects it, but for what the test changes about it. */
export async function passGate(
  stores: Pick<Stores, 'gate' | 'plans'>,
  input: GateInput,
  change: Partial<TargetState> = {},
): Promise<GateResult> {
  const state = await asPlanned(stores, input);
  const sighting: Sighting =
    state === null
      ? { kind: 'unseen', reason: 'no such step' }
      : { kind: 'seen', state: { ...state, ...change }, peers: 100 };
  return stores.gate.pass(input, sighting);
}

/** Takes a step the whole way: gate, sent, applied. */
export async function perform(
  stores: Stores,
  ready: Ready,
  step = 0,
  direction: 'forward' | 'compensation' = 'forward',
): Promise<string> {
  const { incidentId, planHash } = ready;
  const passed = await passGate(stores, { incidentId, planHash, step, direction });
  if (!passed.granted) throw new Error(`the gate refused: ${passed.reason}: ${passed.detail}`);
  await stores.gate.mark(passed.intent.id, 'sent', 'sending');
  await stores.gate.mark(passed.intent.id, 'applied', 'done');
  return passed.intent.id;
}
