// Ports of the API in memory, with enough behaviour of the real ones to see what the routes make of their answers.

import { randomUUID } from 'node:crypto';
import { createMetrics, type PrometheusMetrics } from '../../adapters/telemetry/metrics.ts';
import { createPayloadOpener } from '../../adapters/temporal/payloads/opener.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { createStreams, type StreamsOptions } from '../../api/feed/streams.ts';
import type { DecisionResult, PendingApproval } from '../../api/ports/approvals.ts';
import type { AuditEntry } from '../../api/ports/audit.ts';
import type {
  DeadLetter,
  DeadLetterContent,
  DeadLetterFilter,
  ReplayOutcome,
} from '../../api/ports/dead-letters.ts';
import type { EffectRecord } from '../../api/ports/effects.ts';
import type { EventFeed } from '../../api/ports/feed.ts';
import type { ComponentHealth, Queues } from '../../api/ports/health.ts';
import type { IncidentSummary } from '../../api/ports/incidents.ts';
import type { KeyRecord } from '../../api/ports/keys.ts';
import type { KillSwitchState } from '../../api/ports/kill-switch.ts';
import type { LogFields, Logger } from '../../api/ports/logger.ts';
import type { IncidentMember, MembersByReason } from '../../api/ports/members.ts';
import type { ModelTurnRecord } from '../../api/ports/model-turns.ts';
import { InvalidCursor } from '../../api/ports/page.ts';
import type { StandingEffect } from '../../api/ports/rollbacks.ts';
import type { KnownService } from '../../api/ports/services.ts';
import type { Series, SeriesQuery } from '../../api/ports/telemetry.ts';
import type { ActionRecord, Breaker } from '../../api/ports/track-record.ts';
import type { Stop } from '../../api/stops.ts';
import type { Budget } from '../../domain/detection/watch/budget-watch.ts';
import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import type { OutsideView } from '../../domain/diagnosis/outside.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { ResourceSample } from '../../domain/infrastructure/usage.ts';
import type { KeptResource } from '../../domain/inventory/resolve.ts';
import { policyConfigSchema } from '../../domain/policy/config.ts';
import { type Reach, reaches } from '../../domain/policy/reach.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import type { KeyRole } from '../../domain/role.ts';
import type { ApprovalDecided, RollbackOrder } from '../../workflows/messages.ts';
import { memorySilences, type SilenceWorld, silenceWorld } from '../support/memory-silences.ts';
import { testPayloads } from '../support/payloads.ts';

import { createDashboardWorld, type DashboardWorld } from './dashboard/in-memory.ts';

export type LogLine = { level: string; message: string; fields: LogFields };

export type World = {
  readonly deps: ApiDeps & { readonly metrics: PrometheusMetrics };
  readonly logged: LogLine[];
  readonly keys: Readonly<Record<KeyRole | 'revoked', string>>;
  incidents: Map<string, { summary: IncidentSummary; state: IncidentState; events: IncidentEvent[] }>;
  /** The events of all incidents, in the order they happened. */
  readonly happened: { incidentId: string; event: IncidentEvent }[];
  plans: { hashedPlan: HashedPlan; verdict: Verdict | null }[];
  evidence: Evidence[];
  outside: OutsideView[];
  /** By incident: what came after it. */
  continuedIn: Map<string, readonly string[]>;
  effects: EffectRecord[];
  members: IncidentMember[];
  membersByReason: MembersByReason[];
  /** What people said became of effects. */
  settled: { effectId: string; happened: boolean; by: string; reason: string }[];
  standing: StandingEffect[];
  /** Which rollbacks were asked for, and which have a workflow. */
  rolledBack: { effectId: string; by: string; reason: string }[];
  readonly begun: string[];
  series: Series[];
  /** The latest samples of resources. */
  samples: ResourceSample[];
  /** Every question to telemetry history. */
  readonly asked: SeriesQuery[];
  services: KnownService[];
  resources: KeptResource[];
  budgets: Budget[];
  deadLetters: DeadLetter[];
  readonly deadLettersAsked: DeadLetterFilter[];
  deadLetterContents: Pick<DeadLetterContent, 'receivedAtMs' | 'bytes' | 'text' | 'cut'>;
  /** Every call to replay, and what it answers for some. */
  readonly replayed: { readonly ids: readonly string[]; readonly by: string; readonly note: string }[];
  readonly replayOutcomes: Map<string, ReplayOutcome>;
  readonly explained: Map<string, Awaited<ReturnType<ApiDeps['records']['explain']>>>;
  observed: Awaited<ReturnType<ApiDeps['infrastructure']['observe']>>;
  queues: Queues;
  postmortem: string | null;
  pending: PendingApproval[];
  components: ComponentHealth[];
  audit: AuditEntry[];
  modelTurns: ModelTurnRecord[];
  /** What Approvals.decide answers; by default it records. */
  decide: ((input: Parameters<ApiDeps['approvals']['decide']>[0]) => DecisionResult) | null;
  undelivered: (ApprovalDecided & { incidentId: string })[];
  readonly stops: Map<string, Stop & { readonly delivered: boolean }>;
  /** Every message handed to a workflow, and whether handing over works. */
  readonly told: { incidentId: string; what: string; by: string }[];
  workflowAnswers: 'accepts' | 'refuses' | 'unreachable' | 'hangs';
  readonly dashboard: DashboardWorld;
  readonly switches: KillSwitchState[];
  readonly silenced: SilenceWorld;
  actionRecords: ActionRecord[];
  readonly breakers: Breaker[];
};

export function createWorld(streamOptions: Partial<StreamsOptions> = {}): World {
  const logged: LogLine[] = [];
  const metrics = createMetrics({ processMetrics: false });
  const keys = { ingest: key(), agent: key(), viewer: key(), operator: key(), admin: key(), revoked: key() };
  const unused = { createdAtMs: 0, lastUsedAtMs: null, expiresAtMs: null, revokedAtMs: null };
  const anybodys = { reach: null, belongsTo: null, host: null };
  const stored = new Map<string, KeyRecord>();
  for (const [name, value] of Object.entries(keys)) {
    const role = name === 'revoked' ? 'admin' : (name as KeyRole);
    const host = role === 'agent' ? { host: 'web1' } : {};
    const who = { ...host, keyId: `key-${name}`, name: `${name}-person`, role, person: `${name}-person` };
    stored.set(value, { ...unused, ...anybodys, ...who, revokedAtMs: name === 'revoked' ? 1 : null });
  }
  const active = async (keyIds: readonly string[]) => {
    const live = [...stored.values()].filter(({ revokedAtMs }) => revokedAtMs === null);
    return new Set(live.map(({ keyId }) => keyId).filter((keyId) => keyIds.includes(keyId)));
  };
  const silenced = silenceWorld();
  const world: Omit<World, 'dashboard'> = {
    logged,
    keys,
    incidents: new Map(),
    happened: [],
    plans: [],
    evidence: [],
    outside: [],
    continuedIn: new Map(),
    effects: [],
    members: [],
    membersByReason: [],
    settled: [],
    standing: [],
    rolledBack: [],
    begun: [],
    series: [],
    samples: [],
    asked: [],
    services: [],
    resources: [],
    budgets: [],
    explained: new Map(),
    deadLetters: [],
    deadLettersAsked: [],
    deadLetterContents: { receivedAtMs: 0, bytes: 5, text: 'hello', cut: false },
    replayed: [],
    replayOutcomes: new Map(),
    observed: { targets: [], missing: [] },
    queues: {
      inboxPending: 0,
      inboxDead: 0,
      inboxOldestMs: null,
      decisionsUndelivered: 0,
      approvalsPending: 0,
      incidentsOpen: 0,
      historyRows: null,
    },
    postmortem: null,
    pending: [],
    components: [{ name: 'postgres', ok: true, required: true, detail: 'db.internal:5432' }],
    audit: [],
    modelTurns: [],
    decide: null,
    undelivered: [],
    stops: new Map(),
    told: [],
    workflowAnswers: 'accepts',
    switches: [],
    silenced,
    actionRecords: [],
    breakers: [],
    deps: {
      metrics,
      renderMetrics: () => metrics.render(),
      log: logger(logged, {}),
      about: { version: '1.2.3', role: 'all', node: 'v24.0.0', startedAtMs: 1_700_000_000_000 },
      clock: { nowMs: () => 1_700_000_060_000 },
      policy: policyConfigSchema.parse({}),
      people: { named: (name) => (name === 'ada' ? { name, role: 'operator' } : null) },
      rateLimits: { perKey: 0, perAddress: 0 },
      series: {
        series: async (query) => {
          world.asked.push(query);
          return { series: world.series, truncated: false };
        },
        latest: async (metrics) => world.samples.filter(({ metric }) => metrics.includes(metric)),
      },
      services: {
        list: async (environment, limit, cursor, reach) => {
          const from = cursorPosition(cursor);
          const found = world.services.filter(
            (one) =>
              (environment === null || one.environment === environment) &&
              reaches(reach, one.environment, one.service),
          );
          return { items: found.slice(from, from + limit), nextCursor: null };
        },
      },
      infrastructure: {
        environments: ['production'],
        observe: async () => world.observed,
      },
      resources: {
        of: async (environment) => world.resources.filter((one) => one.environment === environment),
      },
      budgets: {
        budgets: async (environment, service) =>
          world.budgets.filter((one) => one.environment === environment && one.service === service),
      },
      queues: { depths: async () => world.queues },
      records: {
        explain: async (id) => world.explained.get(id) ?? { items: [], refused: [] },
      },
      deadLetters: {
        list: async (filter, limit, cursor) => {
          world.deadLettersAsked.push(filter);
          const from = cursorPosition(cursor);
          const found = world.deadLetters.filter(
            ({ reason, replayedAtMs }) =>
              (filter.reason === undefined || filter.reason === reason) &&
              (filter.replayed === undefined || filter.replayed === (replayedAtMs !== null)),
          );
          const next = from + limit;
          return { items: found.slice(from, next), nextCursor: next < found.length ? `at-${next}` : null };
        },
        show: async (id) => {
          const found = world.deadLetters.find((one) => one.id === id);
          return found === undefined ? null : { ...found, ...world.deadLetterContents };
        },
        replay: async (ids, by, note) => {
          world.replayed.push({ ids, by: by.person, note });
          return ids.map((id) => ({ id, outcome: world.replayOutcomes.get(id) ?? 'replayed' }));
        },
      },
      slackEvents: async () => Response.json({}),
      newId: randomUUID,
      deliveryTimeoutMs: 50,
      components: async () => world.components,
      incidents: {
        list: async (filter, limit, cursor) => {
          const from = cursorPosition(cursor);
          const all = [...world.incidents.values()]
            .map(({ summary }) => summary)
            .filter(
              (one) =>
                reaches(filter.reach, one.environment, one.service) &&
                (filter.status === undefined || one.status === filter.status) &&
                (filter.open === undefined || (one.closedAtMs === null) === filter.open) &&
                (filter.environment === undefined || one.environment === filter.environment) &&
                (filter.service === undefined || one.service === filter.service) &&
                (filter.severity === undefined || one.severity === filter.severity),
            )
            .toSorted((a, b) => b.openedAtMs - a.openedAtMs);
          const next = from + limit;
          return { items: all.slice(from, next), nextCursor: next < all.length ? `at-${next}` : null };
        },
        get: async (id) => world.incidents.get(id) ?? null,
        states: async (ids) =>
          new Map(
            ids.flatMap((id) => {
              const found = world.incidents.get(id);
              return found === undefined ? [] : [[id, found.state] as const];
            }),
          ),
        chain: async (id) => ({ earlier: [], continuedIn: world.continuedIn.get(id) ?? [] }),
        timeline: async (id, after, limit) =>
          (world.incidents.get(id)?.events ?? []).filter(({ seq }) => seq > after).slice(0, limit),
        outside: async () => world.outside,
        details: async () => ({ evidence: world.evidence, plans: world.plans, postmortem: world.postmortem }),
        members: async () => ({ items: world.members, nextCursor: null, byReason: world.membersByReason }),
        effects: async (id, limit, cursor) => {
          const from = cursorPosition(cursor);
          const all = world.incidents.has(id) ? world.effects : [];
          const next = from + limit;
          return { items: all.slice(from, next), nextCursor: next < all.length ? `at-${next}` : null };
        },
      },
      streams: createStreams({
        feed: feedOf(() => world as World),
        incidents: { timeline: (id, after, limit) => world.deps.incidents.timeline(id, after, limit) },
        apiKeys: { active },
        metrics,
        log: logger(logged, {}),
        maxReaders: 10,
        ...streamOptions,
      }),
      approvals: {
        pending: async (limit, cursor, reach) => {
          const from = cursorPosition(cursor);
          const found = world.pending.filter(({ incidentId }) => isReached(incidentId, reach));
          return { items: found.slice(from, from + limit), nextCursor: null };
        },
        decide: async (input) => {
          if (world.decide !== null) return world.decide(input);
          const { incidentId, planHash, principal, decision, reason } = input;
          if (!isReached(incidentId, principal.reach))
            return { recorded: false, reason: 'out-of-reach', detail: 'the key does not reach there' };
          const decided = { approvalId: randomUUID(), planHash, actor: principal.name, decision, reason };
          world.undelivered.push({ ...decided, incidentId });
          return { recorded: true, decision: decided, repeated: false };
        },
        standing: async () => null,
        undelivered: async (limit) => world.undelivered.slice(0, limit),
        delivered: async (approvalId) => {
          world.undelivered = world.undelivered.filter((one) => one.approvalId !== approvalId);
        },
      },
      stops: {
        async request({ incidentId, kind, principal, reason }) {
          const known = world.stops.get(incidentId);
          const further =
            kind === 'close' ? known?.kind !== 'close' : kind === 'take-over' && known?.kind === 'abort';
          const mayFollow = known === undefined || further;
          if (world.incidents.get(incidentId)?.state.status === 'closed')
            return { recorded: false, reason: 'closed', detail: 'the incident is closed' };
          if (known?.kind === kind && known.actor === principal.name)
            return { recorded: true, repeated: true };
          if (!mayFollow)
            return { recorded: false, reason: 'already-decided', detail: `${known?.actor} did` };
          world.stops.set(incidentId, { incidentId, kind, actor: principal.name, reason, delivered: false });
          return { recorded: true, repeated: false };
        },
        undelivered: async (limit) =>
          [...world.stops.values()].filter(({ delivered }) => !delivered).slice(0, limit),
        async delivered(incidentId) {
          const known = world.stops.get(incidentId);
          if (known !== undefined) world.stops.set(incidentId, { ...known, delivered: true });
        },
      },
      effects: {
        settle: async ({ effectId, principal, happened, reason: said }) => {
          if (!reaches(principal.reach, 'production', 'orders'))
            return { settled: false, reason: 'out-of-reach' };
          const reason = effectId.endsWith('f') ? 'unknown' : effectId.endsWith('e') ? 'under-way' : null;
          if (reason !== null) return { settled: false, reason };
          world.settled.push({ effectId, happened, by: principal.name, reason: said });
          return { settled: true };
        },
      },
      rollbacks: {
        standing: async (incidentId) => (world.incidents.has(incidentId) ? world.standing : []),
        async request({ effectId, principal, reason }) {
          if (!reaches(principal.reach, 'production', 'orders'))
            return { recorded: false, reason: 'out-of-reach', detail: 'the key does not reach there' };
          if (effectId.endsWith('f'))
            return { recorded: false, reason: 'unknown-effect', detail: 'there is no such effect' };
          if (effectId.endsWith('e'))
            return { recorded: false, reason: 'no-inverse', detail: 'restart: nothing to undo' };
          const incidentId = [...world.incidents.keys()][0] ?? 'incident/none/1';
          world.rolledBack.push({ effectId, by: principal.name, reason });
          return {
            ...{ recorded: true, repeated: false, incidentId, tookOver: false },
            request: {
              requestId: 'rollback-1',
              by: [principal.name],
              quorum: 1,
              expiresAtMs: 1_700_000_000_000,
            },
            order: rollbackOrder(incidentId),
          };
        },
        unstarted: async () => [],
        started: async () => {},
        expire: async () => {},
        untold: async () => [],
        record: async () => false,
      },
      rollbackWorkflows: {
        async start({ requestId }) {
          if (world.workflowAnswers === 'unreachable')
            throw new Error('connection refused: temporal.internal:7233');
          world.begun.push(requestId);
        },
      },
      silences: memorySilences(silenced, () => 1_700_000_060_000),
      killSwitch: {
        list: async () => world.switches,
        set: async (environment, engaged, { name, reach, role }, reason) => {
          if (!reaches(reach, environment, null))
            return { set: false, reason: 'out-of-reach', detail: 'the key does not reach there' };
          const releasedBy = engaged && role === 'admin' ? 'admin' : 'operator';
          world.switches.push({ environment, engaged, by: name, reason, atMs: 0, releasedBy });
          return { set: true };
        },
      },
      trackRecord: {
        since: async () => world.actionRecords,
        openBreakers: async () => world.breakers,
        reset: async ({ environment, action, principal: { reach } }) => {
          if (!reaches(reach, environment, null)) return { reset: false, reason: 'out-of-reach' };
          const open = world.breakers.findIndex(
            (one) => one.environment === environment && one.action === action,
          );
          if (open < 0) return { reset: false, reason: 'not-open' };
          world.breakers.splice(open, 1);
          return { reset: true };
        },
      },
      agents: {
        hello: async (_host, { journal, clockMs }) => ({ kind: 'welcome', session: journal, nowMs: clockMs }),
        next: async () => ({ kind: 'none' }),
        permit: async () => ({ kind: 'refused', reason: 'nobody waits for it any more' }),
        answer: async () => false,
        close: () => {},
      },
      apiKeys: {
        authenticate: async (presented) => {
          const found = stored.get(presented);
          if (found === undefined || found.revokedAtMs !== null) return null;
          const { keyId, name, role, person, reach, host } = found;
          const machine = host === null ? {} : { host };
          return { keyId, name, role, person, ...machine, ...(reach === null ? {} : { reach }) };
        },
        create: async (
          { reach = null, belongsTo = null, host = null, expiresAtMs = null, ...rest },
          { person },
        ) => {
          const made = key();
          const keyId = `key-${stored.size}`;
          stored.set(made, { ...unused, ...rest, keyId, person, belongsTo, reach, host, expiresAtMs });
          return { keyId, key: made };
        },
        list: async () => [...stored.values()],
        revoke: async (keyId) => {
          const found = [...stored].find(([, one]) => one.keyId === keyId && one.revokedAtMs === null);
          if (found !== undefined) stored.set(found[0], { ...found[1], revokedAtMs: 1 });
          return found !== undefined;
        },
        active,
      },
      audit: {
        verify: async () => ({ ok: true, checked: world.audit.length }),
        query: async (filter, limit, cursor) => {
          const from = cursorPosition(cursor);
          const items = world.audit.filter(
            ({ actor }) => filter.actor === undefined || actor === filter.actor,
          );
          return { items: items.slice(from, from + limit), nextCursor: null };
        },
      },
      modelTurns: { turnsOf: async () => world.modelTurns },
      temporalPayloads: createPayloadOpener(testPayloads().keys, 'default'),
      messenger: {
        approvalDecided: async (incidentId, { actor, decision }) => {
          if (world.workflowAnswers === 'hangs') await new Promise(() => {});
          if (world.workflowAnswers !== 'accepts')
            throw new Error('connection refused: temporal.internal:7233');
          world.told.push({ incidentId, what: decision, by: actor });
        },
        takeOver: (incidentId, actor) => tell('take-over', incidentId, actor),
        abort: (incidentId, actor) => tell('abort', incidentId, actor),
        close: (incidentId, actor) => tell('close', incidentId, actor),
        effectSettled: (incidentId, { intentId, actor }) => tell(`settled ${intentId}`, incidentId, actor),
        rollbackNews: (incidentId, { newsId, type }) => tell(`${type} ${newsId}`, incidentId, ''),
        addNote: (incidentId, noteId, actor) => tell(`note ${noteId}`, incidentId, actor),
      },
    },
  };
  const isReached = (incidentId: string, reach: Reach | undefined): boolean => {
    const summary = world.incidents.get(incidentId)?.summary;
    return summary === undefined || reaches(reach, summary.environment, summary.service);
  };
  const tell = async (what: string, incidentId: string, by: string) => {
    if (world.workflowAnswers === 'unreachable')
      throw new Error('connection refused: temporal.internal:7233');
    if (world.workflowAnswers === 'refuses')
      return { accepted: false, reason: 'closed: the incident has ended' };
    world.told.push({ incidentId, what, by });
    return { accepted: true, reason: '' };
  };
  return withDashboard(world);
}

function rollbackOrder(incidentId: string): RollbackOrder {
  return {
    ...{
      requestId: 'rollback-1',
      incidentId,
      planHash: 'ab12'.repeat(16),
      step: 0,
      stepKey: 'scale@production/orders',
    },
    ...{ action: 'scale', targetService: 'orders', scope: { environment: 'production', service: 'orders' } },
    ...{ onsetMs: 0, recordedSeq: 1, expiresAtMs: 1_700_000_000_000 },
  };
}

/** The pages look at the same ports as the API. */
function withDashboard(world: Omit<World, 'dashboard'>): World {
  const dashboard = createDashboardWorld(world.deps.apiKeys);
  return Object.assign(world, { dashboard, deps: { ...world.deps, dashboard: dashboard.deps } });
}

function key(): string {
  return `sk_${randomUUID().replaceAll('-', '')}`;
}

function cursorPosition(cursor: string | null): number {
  if (cursor === null) return 0;
  const position = /^at-(\d+)$/.exec(cursor)?.[1];
  if (position === undefined) throw new InvalidCursor(`unknown cursor ${cursor}`);
  return Number(position);
}

function logger(lines: LogLine[], bindings: LogFields): Logger {
  const at = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ level, message, fields: { ...bindings, ...fields } });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => logger(lines, { ...bindings, ...more }),
  };
}

/** Positions are those of `happened`, counted from 1; nothing is ever on its way. */
export function feedOf(world: () => World): EventFeed {
  return {
    head: async () => world().happened.length,
    reaches: async (position) => position <= world().happened.length,
    read: async (after, limit) =>
      world()
        .happened.slice(after, after + limit)
        .flatMap(({ incidentId, event }, index) => {
          const incident = world().incidents.get(incidentId)?.summary;
          return incident === undefined ? [] : [{ position: after + index + 1, incident, event }];
        }),
  };
}
