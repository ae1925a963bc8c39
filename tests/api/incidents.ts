// Incidents for tests of the API and the command line.

import type { ModelTurnRecord } from '../../api/ports/model-turns.ts';
import type { IncidentEvent, IncidentEventBody } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import type { World } from './in-memory.ts';

export const planHash = 'ab12'.repeat(16);
export const incidentId = 'incident/production/orders/3f2a9c00/1';
export const ref = 'production.orders.3f2a9c00-1';

export const hashedPlan: HashedPlan = {
  planHash,
  plan: {
    incidentId,
    attempt: 1,
    cause: 'bad-release',
    reason: 'errors began with the release',
    risk: 'medium',
    steps: [
      {
        action: 'rollback-release',
        target: { environment: 'production', service: 'orders' },
        executor: 'cluster',
        parameters: { release: 'v41' },
        inverse: { action: 'deploy-release', parameters: { release: 'v42' } },
        reversible: true,
        risk: 'medium',
        downtimeSeconds: 0,
        blastRadius: 0.5,
        before: {
          target: { environment: 'production', service: 'orders' },
          executor: 'cluster',
          desiredReplicas: 2,
          replicas: [],
          release: 'v42',
          config: 'c7',
          supports: ['rollback-release'],
        },
      },
    ],
  },
};

/** Adds an incident that waits for approval of `hashedPlan`; `overrides` change its state. */
export function addIncident(world: World, overrides: Partial<IncidentState> = {}): IncidentState {
  const scope = { environment: 'production', service: 'orders' };
  const state = {
    incidentId,
    fingerprint: 'fingerprint',
    episode: 1,
    scope,
    title: 'Errors in orders',
    severity: 'critical',
    status: 'awaiting-approval',
    outcome: null,
    openedAtMs: 1_700_000_000_000,
    closedAtMs: null,
    onsetMs: 1_699_999_990_000,
    attempt: 1,
    anomalies: {},
    anomaliesSeen: 1,
    diagnosis: null,
    hashedPlan,
    verdict: null,
    approval: null,
    effects: [],
    verification: null,
    lastSeq: 2,
    ...overrides,
  } as IncidentState;
  const summary = {
    id: state.incidentId,
    title: state.title,
    environment: state.scope.environment,
    service: state.scope.service,
    severity: state.severity,
    status: state.status,
    outcome: state.outcome,
    attempt: state.attempt,
    openedAtMs: state.openedAtMs,
    updatedAtMs: state.openedAtMs,
    closedAtMs: state.closedAtMs,
  };
  world.incidents.set(state.incidentId, { summary, state, events: [] });
  world.plans = [{ hashedPlan, verdict: null }];
  const { severity, title, fingerprint, episode } = state;
  happen(world, { type: 'incident-opened', scope, severity, title, fingerprint, episode }, state.incidentId);
  happen(world, { type: 'planned', attempt: 1, hashedPlan }, state.incidentId);
  return state;
}

/** Appends an event to an incident's timeline. */
export function happen(world: World, body: IncidentEventBody, id = incidentId): void {
  const events = world.incidents.get(id)?.events;
  if (events === undefined) throw new Error(`no incident ${id}`);
  const event = {
    seq: events.length + 1,
    atMs: 1_700_000_000_000 + events.length * 1000,
    ...body,
  } as IncidentEvent;
  events.push(event);
  world.happened.push({ incidentId: id, event });
}

/** A call to a model as the store tells of it. */
export function modelTurn(change: Partial<ModelTurnRecord> = {}): ModelTurnRecord {
  return {
    attempt: 1,
    turn: 1,
    tries: 1,
    provider: 'groq',
    model: 'm-1',
    system: 'be brief',
    prompt: 'why?',
    promptHash: 'a'.repeat(64),
    outcome: 'answer',
    reason: '',
    output: '{"verdict":"explained"}',
    outputHash: 'b'.repeat(64),
    dropped: [{ what: 'E9', why: 'unknown-evidence' }],
    inputTokens: 900,
    outputTokens: 100,
    usd: 0.001,
    latencyMs: 850,
    askedAtMs: 1_000,
    answeredAtMs: 1_850,
    ...change,
  };
}
