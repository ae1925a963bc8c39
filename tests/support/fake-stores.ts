/** Stores in memory that keep the promises of activities/ports.ts as far as the incident workflow relies on them. */
import type {
  AnomalyRequeue,
  ApprovalStore,
  EvidenceStore,
  Gate,
  IncidentStore,
  PostmortemStore,
  StoredIntent,
  StoredRollbacks,
  StoredSilences,
  StoredStops,
} from '../../activities/ports.ts';
import type { ApprovalStatus, EndedRollback, SilencedNow, StoredStop } from '../../activities/types.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { fold } from '../../domain/incident/evolve.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { GateRefusal, Intent, NeededApproval } from '../../domain/remediation/intent.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import { expectedBefore, expectedByUndo } from '../../domain/remediation/precondition.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';

export type FakeStores = {
  readonly incidents: IncidentStore & {
    /** As after a fail-over to a replica that was behind: events after `keptSeq` are gone. */
    loseTail(incidentId: string, keptSeq: number): void;
  };
  readonly approvals: ApprovalStore & {
    /** Decides as the API would: in the store, before anybody is nudged. */
    decide(planHash: string, decision: 'approve' | 'reject'): void;
    expire(planHash: string): void;
    asked(planHash: string): boolean;
  };
  readonly gate: Gate & {
    /** Refusals of the next calls; empty means granted when the grant is there. */
    readonly refusals: GateRefusal[];
    /** With `approval-needed`, `overloaded` and `grant-expired`. */
    needs: NeededApproval;
    killSwitch: boolean;
    readonly intents: ReadonlyMap<string, StoredIntent>;
  };
  readonly plans: Map<string, HashedPlan>;
  readonly verdicts: Map<string, Verdict>;
  readonly evidence: EvidenceStore & { saveFor(incidentId: string, attempt: number): Promise<string> };
  readonly stops: StoredStops & {
    /** As the API stores it, before anybody tells the workflow. */
    stored: StoredStop | null;
  };
  readonly silences: StoredSilences & {
    /** What people silence now. */
    stored: SilencedNow;
  };
  readonly rollbacks: StoredRollbacks & {
    readonly ended: Omit<EndedRollback, 'incidentId'>[];
    readonly looks: { readonly requestId: string; readonly result: VerificationResult }[];
  };
  readonly postmortems: PostmortemStore & { readonly saved: Map<string, string> };
  readonly requeue: AnomalyRequeue & { readonly returned: Anomaly[] };
  readonly closedEpisodes: string[];
  /** How many alerts the store says are firing. */
  readonly firing: { alerts: number };
};

export function createFakeStores(): FakeStores {
  const plans = new Map<string, HashedPlan>();
  const verdicts = new Map<string, Verdict>();
  const closedEpisodes: string[] = [];
  const firing = { alerts: 0 };
  const approvals = fakeApprovals();
  const stops: FakeStores['stops'] = { stored: null, read: async () => stops.stored };
  const silences: FakeStores['silences'] = {
    stored: { incidents: null, actions: null },
    read: async () => silences.stored,
  };
  return {
    plans,
    verdicts,
    closedEpisodes,
    approvals,
    firing,
    incidents: fakeIncidents(closedEpisodes, firing),
    gate: fakeGate(plans, verdicts, approvals, { stops, silences }),
    evidence: fakeEvidence(),
    stops,
    silences,
    rollbacks: fakeRollbacks(),
    postmortems: fakePostmortems(),
    requeue: fakeRequeue(),
  };
}

function fakeIncidents(closedEpisodes: string[], firing: { alerts: number }): FakeStores['incidents'] {
  const timelines = new Map<string, IncidentEvent[]>();
  const states = new Map<string, IncidentState>();
  return {
    async recordEvents(incidentId, events, state, lostThrough = 0) {
      const timeline = timelines.get(incidentId) ?? [];
      for (const event of events) {
        const stored = timeline.find(({ seq }) => seq === event.seq);
        const last = Math.max(timeline.at(-1)?.seq ?? 0, lostThrough);
        if (stored !== undefined) {
          if (JSON.stringify(stored) !== JSON.stringify(event))
            throw Object.assign(new Error(`${incidentId} has another event number ${event.seq}`), {
              name: 'IncidentEventConflict',
            });
        } else if (event.seq === last + 1) timeline.push(event);
        else throw new Error(`event ${event.seq} leaves a gap after ${last}`);
      }
      timelines.set(incidentId, timeline);
      states.set(incidentId, state);
    },
    loseTail(incidentId, keptSeq) {
      const kept = (timelines.get(incidentId) ?? []).filter(({ seq }) => seq <= keptSeq);
      timelines.set(incidentId, kept);
      const state = fold(kept, incidentId);
      if (state === null) states.delete(incidentId);
      else states.set(incidentId, state);
    },
    state: async (incidentId) => states.get(incidentId) ?? null,
    timeline: async (incidentId) => timelines.get(incidentId) ?? [],
    firingAlerts: async () => firing.alerts,
    async closeEpisode(incidentId) {
      if (!closedEpisodes.includes(incidentId)) closedEpisodes.push(incidentId);
    },
  };
}

function fakeApprovals(): FakeStores['approvals'] {
  const requests = new Map<string, { quorum: number; deadlineMs: number; round: number; from: number }>();
  const decisions: { planHash: string; decision: 'approve' | 'reject' }[] = [];
  return {
    async open({ planHash, quorum, deadlineMs, round = 1, afresh }) {
      const known = requests.get(planHash);
      const from = afresh === true ? decisions.length : (known?.from ?? 0);
      if (round > (known?.round ?? 0)) requests.set(planHash, { quorum, deadlineMs, round, from });
    },
    asked: (planHash) => requests.has(planHash),
    decide(planHash, decision) {
      decisions.push({ planHash, decision });
    },
    expire(planHash) {
      requests.set(planHash, { quorum: 1, round: 1, from: 0, ...requests.get(planHash), deadlineMs: 0 });
    },
    async status(_incidentId, planHash, nowMs): Promise<ApprovalStatus> {
      const request = requests.get(planHash);
      const of = decisions.slice(request?.from ?? 0).filter((one) => one.planHash === planHash);
      if (of.some(({ decision }) => decision === 'reject')) {
        return { kind: 'rejected', actor: 'ada', reason: 'too risky' };
      }
      if (request !== undefined && of.length >= request.quorum) return { kind: 'granted' };
      return request !== undefined && nowMs > request.deadlineMs ? { kind: 'expired' } : { kind: 'pending' };
    },
  };
}

function fakeGate(
  plans: ReadonlyMap<string, HashedPlan>,
  verdicts: ReadonlyMap<string, Verdict>,
  approvals: FakeStores['approvals'],
  { stops, silences }: Pick<FakeStores, 'stops' | 'silences'>,
): FakeStores['gate'] {
  const stopped = (direction: Intent['direction']): boolean =>
    stops.stored !== null && (direction === 'forward' || stops.stored.kind === 'take-over');
  const intents = new Map<string, StoredIntent>();
  const gate: FakeStores['gate'] = {
    refusals: [],
    needs: { role: 'operator', quorum: 1, deadlineSeconds: 600 },
    killSwitch: false,
    intents,
    async pass({ incidentId, planHash, step, direction, rollback }, _sighting, unfinished = null) {
      const asked = rollback === undefined ? '' : `/${rollback}`;
      const id = `${incidentId}|${planHash.slice(0, 8)}/${step}/${direction}${asked}`;
      const known = intents.get(id);
      if (known !== undefined && known.status !== 'written')
        return { granted: true, intent: known.intent, status: known.status };
      const plan = plans.get(planHash)?.plan;
      const planned = plan?.steps[step];
      const effect = direction === 'forward' ? planned : planned?.inverse;
      if (unfinished !== null) return { granted: false, reason: 'step-unfinished', detail: unfinished };
      const refusal = gate.refusals.shift() ?? (await objection(planHash));
      if (refusal !== undefined) {
        const needs = ['approval-needed', 'overloaded', 'grant-expired'].includes(refusal)
          ? { needs: gate.needs }
          : {};
        return { granted: false, reason: refusal, detail: 'as the test wants it', ...needs };
      }
      if (plan === undefined || planned === undefined || effect === undefined || effect === null) {
        return { granted: false, reason: 'no-plan', detail: `no ${direction} effect for step ${step}` };
      }
      const { target, executor, before } = planned;
      const { action, parameters } = effect;
      const intent = {
        id,
        incidentId,
        planHash,
        step,
        direction,
        action,
        target,
        executor,
        parameters,
        before,
        fence: 1,
        expects: direction === 'forward' ? [expectedBefore(plan, step)] : expectedByUndo(plan, step, false),
      };
      intents.set(id, { intent, status: 'written', send: null, accepted: null });
      return { granted: true, intent, status: 'written' };

      async function objection(hash: string): Promise<GateRefusal | undefined> {
        if (gate.killSwitch) return 'kill-switch';
        if (rollback !== undefined) return undefined;
        if (stopped(direction)) return 'stopped';
        if (silences.stored.actions !== null) return 'silenced';
        const verdict = verdicts.get(hash);
        if (direction === 'compensation') return undefined;
        if (verdict?.kind === 'auto' && !approvals.asked(hash)) return undefined;
        if (verdict === undefined || verdict.kind === 'deny') return 'no-grant';
        return (await approvals.status(incidentId, hash, 0)).kind === 'granted' ? undefined : 'no-grant';
      }
    },
    intent: async (intentId) => intents.get(intentId) ?? null,
    renew: async () => true,
    leaseMs: 300_000,
    async accept(intentId, number, handle) {
      const known = intents.get(intentId);
      if (known === undefined) throw new Error(`no intent ${intentId}`);
      if (known.status !== 'sent') return { before: known.status, overtaken: false };
      if (known.send?.number !== number) return { before: known.status, overtaken: true };
      if (known.accepted === null) intents.set(intentId, { ...known, accepted: { handle, forMs: 0 } });
      return { before: known.status, overtaken: false };
    },
    async stopped(intentId) {
      const direction = intents.get(intentId)?.intent.direction;
      return direction !== undefined && stopped(direction) ? `${stops.stored?.actor} said stop` : null;
    },
    async permit(intentId, send, purpose = 'go-on') {
      const known = intents.get(intentId);
      if (known?.status !== 'sent' || known.send?.number !== send)
        return { ok: false, reason: 'not under way any more' };
      if (gate.killSwitch) return { ok: false, reason: 'engaged meanwhile' };
      if (purpose === 'go-on' && stopped(known.intent.direction))
        return { ok: false, reason: 'stopped meanwhile' };
      return { ok: true };
    },
    async mark(intentId, status, _result, number = 1) {
      const known = intents.get(intentId);
      if (known === undefined) throw new Error(`no intent ${intentId}`);
      if (status === 'sent' && gate.killSwitch) {
        throw Object.assign(new Error('engaged meanwhile'), { name: 'EffectBlocked', reason: 'kill-switch' });
      }
      if (status === 'sent' && silences.stored.actions !== null)
        throw Object.assign(new Error('silenced meanwhile'), { name: 'EffectBlocked', reason: 'silenced' });
      if (status === 'sent' && stopped(known.intent.direction)) {
        throw Object.assign(new Error('stopped meanwhile'), { name: 'EffectBlocked', reason: 'stopped' });
      }
      const { status: before } = known;
      const nothing = { before, overtaken: false, send: null };
      if (before !== 'written' && before !== 'sent') return nothing;
      if (status !== 'sent') {
        intents.set(intentId, { ...known, status });
        return nothing;
      }
      if (number !== (known.send?.number ?? 0) + 1) return { before, overtaken: true, send: null };
      const withinMs = 5_000;
      const send = { number, notAfterMs: Date.now() + withinMs };
      intents.set(intentId, { ...known, status, send: { ...send, leftMs: withinMs }, accepted: null });
      return { before, overtaken: false, send: { ...send, withinMs } };
    },
  };
  return gate;
}

function fakeEvidence(): FakeStores['evidence'] {
  return {
    saveFor: async (incidentId, attempt) => `evidence/${incidentId}/${attempt}`,
    save: async (incidentId, attempt) => ({
      evidenceRef: `evidence/${incidentId}/${attempt}`,
      isFirst: true,
    }),
    ofIncident: async (_, ids) => new Set(ids),
    load: async (ref) => ({
      input: {
        environment: 'test',
        nowMs: 0,
        onsetMs: 0,
        anomalies: [],
        calls: [],
        metrics: [],
        logs: [],
        edges: [],
        changes: [],
        targets: [],
        missing: [],
      },
      evidence: [
        {
          id: 'E1',
          source: 'calls',
          provenance: 'measured',
          scope: { environment: 'test', service: 'orders' },
          fromMs: 0,
          toMs: 1,
          finding: `errors rose (${ref})`,
          figures: {},
        },
      ],
    }),
    changes: async () => [],
    edges: async () => [],
  };
}

function fakeRollbacks(): FakeStores['rollbacks'] {
  const ended: Omit<EndedRollback, 'incidentId'>[] = [];
  const looks: { requestId: string; result: VerificationResult }[] = [];
  return {
    ended,
    looks,
    async end(one) {
      if (!ended.some(({ requestId }) => requestId === one.requestId)) ended.push(one);
    },
    async verified(requestId, result) {
      looks.push({ requestId, result });
    },
  };
}

function fakePostmortems(): FakeStores['postmortems'] {
  const saved = new Map<string, string>();
  return {
    saved,
    async savePostmortem(incidentId, markdown) {
      saved.set(incidentId, markdown);
    },
  };
}

function fakeRequeue(): FakeStores['requeue'] {
  const returned: Anomaly[] = [];
  return {
    returned,
    async putBack(_incidentId, anomalies) {
      returned.push(...anomalies);
    },
  };
}
