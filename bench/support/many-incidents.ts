// Thousands of incidents with whole stories, written in bulk: what a Sentinel has after months.

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../adapters/postgres/index.ts';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import type { DiagnosisInput } from '../../domain/diagnosis/input.ts';
import type { IncidentEvent, IncidentEventBody } from '../../domain/incident/events.ts';
import { fold } from '../../domain/incident/evolve.ts';
import { madeUpAnomaly, madeUpPlan } from './ready-incident.ts';
import { casesFor } from './simulated-cases.ts';
import { simulate } from './simulated-system.ts';

export type Seeded = {
  /** Resolved ones, with everything an incident can have. */
  readonly resolvedIds: readonly string[];
  /** Characters of what each of them keeps of the telemetry that was seen. */
  readonly inputSize: number;
  readonly events: number;
  readonly awaitingApproval: number;
};

const hourMs = 3_600_000;
const bulk = 250;
/** Of the newest, this many are open; half of those wait for people. */
const openIncidents = 60;
/** The newest of the others keep as much telemetry as a real analysis does; all would be gigabytes. */
const wholeInputs = 200;

function simulatedInput(): DiagnosisInput {
  const [first] = casesFor(1);
  if (first === undefined) throw new Error('there are no simulated cases');
  return simulate(first.world);
}

type Story = ReturnType<typeof story>;

/** Newest last; one every two hours. Statistics are brought up to date, as the server does by itself after a while. */
export async function seedIncidents({ db }: Database, count: number): Promise<Seeded> {
  let events = 0;
  let awaitingApproval = 0;
  const nowMs = Date.now();
  const input = simulatedInput();
  const whole = JSON.stringify(input);
  const small = JSON.stringify({ ...input, calls: [], metrics: [], logs: [] });
  const isWhole = (index: number) =>
    index >= count - openIncidents - wholeInputs && index < count - openIncidents;
  for (let first = 0; first < count; first += bulk) {
    const stories = Array.from({ length: Math.min(bulk, count - first) }, (_, offset) => {
      const index = first + offset;
      return story(index, nowMs - (count - index) * 2 * hourMs, count - index <= openIncidents);
    });
    await db.insertInto('incidents').values(stories.map(incidentRow)).execute();
    await db.insertInto('incident_events').values(stories.flatMap(eventRows)).execute();
    await db
      .insertInto('evidence')
      .values(stories.map((one) => evidenceRow(one, isWhole(one.index) ? whole : small)))
      .execute();
    await db.insertInto('plans').values(stories.map(planRow)).execute();
    await db.insertInto('approval_requests').values(stories.map(requestRow)).execute();
    events += stories.reduce((sum, one) => sum + one.events.length, 0);
    awaitingApproval += stories.filter((one) => one.state.status === 'awaiting-approval').length;
  }
  await sql`analyze`.execute(db);
  const resolvedIds = Array.from({ length: count }, (_, index) => index)
    .filter(isWhole)
    .map(idOf);
  return { resolvedIds, inputSize: whole.length, events, awaitingApproval };
}

const idOf = (index: number): string => `incident/${index.toString(16).padStart(32, '0')}/1`;

function story(index: number, openedAtMs: number, open: boolean) {
  const incidentId = idOf(index);
  const scope = {
    environment: ['production', 'staging', 'canary'][index % 3] ?? '',
    service: `service-${index % 40}`,
  };
  const { canonical, ...hashedPlan } = madeUpPlan(incidentId, scope);
  const { planHash } = hashedPlan;
  const anomalies = Array.from({ length: 4 }, (_, number) => ({
    ...madeUpAnomaly(scope.environment, scope.service, openedAtMs),
    seriesKey: `calls/${scope.service}/${number}`,
  }));
  const evidence = Array.from({ length: 8 }, (_, number): Evidence => {
    const finding = `errors of ${scope.service} rose from 0.01 to 0.4 within ${number + 1} minutes after the release`;
    const figures = { before: 0.01, during: 0.4, ratio: 40 };
    const range = { fromMs: openedAtMs - hourMs, toMs: openedAtMs };
    const id = `E${number + 1}`;
    return {
      id,
      source: 'calls',
      provenance: 'measured',
      scope,
      ...range,
      finding,
      figures,
      digest: planHash,
    };
  });
  const evidenceIds = evidence.map(({ id }) => id);
  const hypotheses = (['bad-release', 'traffic-surge', 'slow-dependency'] as const).map((cause, rank) => ({
    cause,
    scope,
    score: 0.8 - rank * 0.3,
    reason: `errors of ${scope.service} began with the release and with nothing else that was seen to change`,
    evidenceFor: evidenceIds.slice(0, 4),
    evidenceAgainst: evidenceIds.slice(6),
  }));
  const verdict = { rule: 'risk low', reason: 'a person has to look', role: 'operator', quorum: 1 } as const;
  const series = anomalies.map(({ seriesKey }) => ({
    seriesKey,
    before: 0.01,
    during: 0.4,
    after: 0.01,
    ok: true,
  }));
  const bodies: readonly IncidentEventBody[] = [
    {
      type: 'incident-opened',
      scope,
      severity: 'critical',
      title: `${scope.service}: errors 40 times the normal`,
      fingerprint: `${index}`,
      episode: 1,
    },
    ...anomalies.map((anomaly) => ({ type: 'anomaly-observed', anomaly }) as const),
    { type: 'enrichment-started', attempt: 1 },
    { type: 'enriched', attempt: 1, evidenceIds, missing: [] },
    {
      type: 'diagnosed',
      attempt: 1,
      diagnosis: {
        hypotheses,
        inconclusive: false,
        reason: 'one stands out',
        missing: [],
        method: 'statistical',
      },
    },
    { type: 'planned', attempt: 1, hashedPlan },
    { type: 'decided', attempt: 1, verdict: { kind: 'approval', deadlineSeconds: 3600, ...verdict } },
    {
      type: 'approval-requested',
      planHash,
      role: 'operator',
      quorum: 1,
      deadlineMs: openedAtMs + 400 * 24 * hourMs,
    },
    {
      type: 'approval-recorded',
      approvalId: `${index}`,
      planHash,
      actor: 'ann',
      decision: 'approve',
      reason: 'looks right',
    },
    { type: 'approval-granted', planHash },
    { type: 'intent-written', intentId: `intent-${index}`, step: 0, direction: 'forward' },
    {
      type: 'effect-applied',
      intentId: `intent-${index}`,
      step: 0,
      direction: 'forward',
      foundByLookup: false,
      summary: 'scaled to 4',
    },
    { type: 'verification-started', attempt: 1, deadlineMs: openedAtMs + hourMs },
    {
      type: 'verified',
      attempt: 1,
      result: {
        outcome: 'recovered',
        settled: true,
        reason: 'all series are normal',
        freshSamples: 30,
        series,
        controlImprovedToo: false,
      },
    },
    { type: 'postmortem-drafted', digest: planHash },
    { type: 'incident-closed', outcome: 'resolved', reason: 'the symptom is gone', actor: 'sentinel' },
  ];
  // Open ones have come as far as the request, or are still being looked at.
  const told = !open ? bodies.length : index % 2 === 0 ? 11 : 8;
  const events = bodies
    .slice(0, told)
    .map((body, at): IncidentEvent => ({ seq: at + 1, atMs: openedAtMs + at * 5_000, ...body }));
  const state = fold(events, incidentId);
  if (state === null) throw new Error('the first event opens the incident');
  return { index, incidentId, openedAtMs, events, state, evidence, canonical, planHash, open };
}

function incidentRow({ incidentId, openedAtMs, events, state, planHash }: Story) {
  const { scope, title, severity, status, outcome, attempt, closedAtMs, lastSeq } = state;
  return {
    id: incidentId,
    environment: scope.environment,
    service: scope.service,
    title,
    severity,
    status,
    outcome,
    attempt,
    plan_hash: planHash,
    opened_at_ms: openedAtMs,
    updated_at_ms: events.at(-1)?.atMs ?? openedAtMs,
    closed_at_ms: closedAtMs,
    last_seq: lastSeq,
    state: JSON.stringify(state),
  };
}

function eventRows({ incidentId, events }: Story) {
  return events.map((event) => ({
    incident_id: incidentId,
    seq: event.seq,
    at_ms: event.atMs,
    type: event.type,
    body: JSON.stringify(event),
    digest: createHash('sha256').update(canonicalJson(event)).digest('hex'),
  }));
}

function evidenceRow({ incidentId, openedAtMs, evidence }: Story, input: string) {
  const items = JSON.stringify(evidence);
  return {
    ref: `evidence/${incidentId}`,
    incident_id: incidentId,
    attempt: 1,
    input,
    items,
    saved_at_ms: openedAtMs,
  };
}

function planRow({ incidentId, openedAtMs, canonical, planHash }: Story) {
  const bytes = Buffer.from(canonical, 'utf8');
  return {
    plan_hash: planHash,
    incident_id: incidentId,
    attempt: 1,
    canonical: bytes,
    saved_at_ms: openedAtMs,
  };
}

/** One of ten closed incidents was asked about and never answered. */
function requestRow({ incidentId, openedAtMs, planHash, open, events }: Story, index: number) {
  const asked = events.some(({ type }) => type === 'approval-requested');
  return {
    incident_id: incidentId,
    plan_hash: planHash,
    role: 'operator' as const,
    quorum: 1,
    requested_at_ms: openedAtMs,
    deadline_ms: asked && open ? openedAtMs + 400 * 24 * hourMs : openedAtMs + hourMs,
    resolution: (asked && open) || index % 10 === 0 ? null : ('granted' as const),
  };
}
