// An incident in which everything is there that a page can show, with a text of choice in every place that holds text from
// outside: telemetry, people, executors, a model.

import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import type { IncidentEventBody } from '../../../domain/incident/events.ts';
import type { Weekly } from '../../../domain/silences/schedule.ts';
import { exampleSilence } from '../../support/memory-silences.ts';
import type { World } from '../in-memory.ts';
import { addIncident, happen, hashedPlan, planHash } from '../incidents.ts';
import { nowMs } from './in-memory.ts';

export function addRichIncident(world: World, text: string): void {
  addSilence(world, text);
  const scope = { environment: 'production', service: text };
  const anomaly = (id: string, state: Anomaly['state']): Anomaly => ({
    ...{
      id,
      state,
      detector: 'error-ratio',
      signal: 'errors',
      scope,
      metric: text,
      direction: 'up',
      severity: 'critical',
    },
    ...{
      onsetMs: nowMs - 70_000,
      detectedMs: nowMs - 60_000,
      expected: 0,
      seen: 0.4,
      score: 9,
      confidence: 1,
    },
    ...(state === 'cleared' ? { clearedMs: nowMs - 1_000 } : {}),
    seriesKey: id === 'a1' ? 'calls/production/orders/server//errors' : text,
    summary: text,
  });
  const evidence = (id: string, provenance: Evidence['provenance']): Evidence => ({
    ...{
      id,
      source: text,
      provenance,
      scope,
      fromMs: nowMs - 70_000,
      toMs: nowMs,
      finding: text,
      figures: {},
    },
  });
  world.outside = [
    {
      from: 'loki/main',
      series: [{ service: text, name: text, points: [{ atMs: nowMs, value: 1 }] }],
      lines: [{ atMs: nowMs - 60_000, service: text, severityNumber: 17, text }],
      problem: text,
    },
  ];
  const diagnosis = {
    hypotheses: [
      {
        cause: 'bad-release',
        scope,
        score: 0.9,
        reason: text,
        evidenceFor: ['E1', 'E9'],
        evidenceAgainst: ['E2'],
      },
      { cause: 'hang', scope, score: 0.2, reason: text, evidenceFor: [], evidenceAgainst: [] },
    ],
    inconclusive: true,
    reason: text,
    missing: [text],
    method: 'model',
    contested: true,
    model: {
      by: text,
      relation: 'disagrees',
      words: text,
      hypotheses: [],
      riskWords: [text],
      droppedClaims: 1,
    },
  } as const;
  const [step] = hashedPlan.plan.steps;
  if (step === undefined) throw new Error('the example plan has no step');
  const target = { environment: 'production', service: text };
  const hostilePlan = {
    planHash,
    plan: {
      ...hashedPlan.plan,
      reason: text,
      steps: [
        {
          ...step,
          target,
          executor: text,
          parameters: { to: text },
          before: { ...step.before, release: text },
        },
      ],
    },
  };
  const verdict = {
    kind: 'approval',
    rule: text,
    reason: text,
    role: 'operator',
    quorum: 2,
    deadlineSeconds: 60,
  } as const;
  const effect = {
    intentId: 'i-1',
    step: 0,
    attempt: 1,
    planHash: 'other',
    stepKey: `restart@${text}`,
  } as const;
  const state = addIncident(world, {
    ...{
      scope,
      title: text,
      openedAtMs: nowMs - 60_000,
      onsetMs: nowMs - 70_000,
      attempt: 2,
      anomaliesSeen: 9,
    },
    anomalies: { a1: anomaly('a1', 'firing'), a2: anomaly('a2', 'cleared') },
    diagnosis,
    hashedPlan: hostilePlan,
    verdict,
    approval: {
      ...{ planHash, role: 'operator', quorum: 2, deadlineMs: nowMs + 60_000 },
      decisions: [{ approvalId: 'a', actor: text, decision: 'approve' }],
    },
    effects: [
      { ...effect, status: 'undone' },
      { ...effect, intentId: 'i-2', status: 'not-undone' },
    ],
    verification: {
      ...{ outcome: 'not-recovered', settled: true, reason: text, freshSamples: 3, controlImprovedToo: true },
      series: [{ seriesKey: text, before: 0, during: 1, after: 1, ok: false }],
    },
  });
  const events: IncidentEventBody[] = [
    { type: 'anomaly-observed', anomaly: anomaly('a1', 'firing') },
    { type: 'anomaly-cleared', anomalyId: 'a1', clearedMs: nowMs },
    { type: 'anomaly-cleared', anomalyId: text, clearedMs: nowMs },
    ...Array.from({ length: 5 }, (_, index) => ({
      type: 'anomaly-observed' as const,
      anomaly: anomaly(`more-${index}`, 'firing'),
    })),
    { type: 'enriched', attempt: 1, evidenceIds: [text], missing: [text] },
    { type: 'diagnosed', attempt: 1, diagnosis },
    { type: 'planned', attempt: 1, hashedPlan: hostilePlan },
    { type: 'decided', attempt: 1, verdict },
    {
      type: 'approval-requested',
      planHash,
      role: text,
      quorum: 1,
      deadlineMs: nowMs,
      round: 2,
      because: text,
    },
    { type: 'approval-recorded', approvalId: 'a', planHash, actor: text, decision: 'approve', reason: text },
    { type: 'gate-refused', step: 0, reason: 'kill-switch', detail: text },
    { type: 'intent-written', intentId: 'i-1', step: 0, direction: 'forward' },
    {
      type: 'effect-applied',
      intentId: 'i-1',
      step: 0,
      direction: 'forward',
      foundByLookup: true,
      summary: text,
    },
    { type: 'effect-failed', intentId: 'i-2', step: 0, direction: 'compensation', reason: text },
    { type: 'compensation-finished', attempt: 1, undone: 1, notUndone: [text] },
    { type: 'note-added', noteId: 'n', actor: text, text },
  ];
  for (const event of events) happen(world, event, state.incidentId);
  world.evidence = [
    evidence('E1', 'measured'),
    evidence('E2', 'reported'),
    { ...evidence('M1', 'memory'), incidentId: text },
  ];
  world.postmortem = text;
  world.modelTurns = [
    {
      ...{
        attempt: 1,
        turn: 1,
        tries: 1,
        provider: text,
        model: text,
        system: text,
        prompt: text,
        promptHash: text,
      },
      ...{
        outputHash: text,
        outcome: text,
        reason: text,
        output: text,
        dropped: [],
        inputTokens: 1200,
        outputTokens: 340,
      },
      ...{ usd: 0.0021, latencyMs: 900, askedAtMs: nowMs, answeredAtMs: nowMs },
    },
  ];
  world.pending = [
    {
      incidentId: state.incidentId,
      planHash,
      role: 'operator',
      quorum: 2,
      approvals: 1,
      because: text,
      requestedAtMs: 1,
      deadlineMs: nowMs,
    },
  ];
  world.switches.push({
    environment: text,
    engaged: true,
    by: text,
    reason: text,
    atMs: nowMs,
    releasedBy: 'operator',
  });
  world.components = [{ name: text, ok: false, required: false, detail: text }];
  world.audit = [
    ...[text, `incident/${text}`].map((subject, index) => ({
      ...{
        seq: index,
        atMs: nowMs,
        actor: text,
        action: text,
        subject,
        reason: text,
        planHash,
        canonical: text,
      },
    })),
  ];
  world.dashboard.map = {
    services: ['caller', text],
    edges: [{ caller: 'caller', callee: text }],
    outside: [],
    blastSet: [text],
  };
}

/** One that holds, one that comes every week, and one that was ended; the first is about the incident. */
function addSilence(world: World, text: string): void {
  const matchers = [{ label: 'service', is: '=', value: text }] as const;
  const about = { matchers, reason: text, ticket: text, createdBy: `key:k/${text}` };
  const schedule = { kind: 'once', startsAtMs: nowMs - 1_000, endsAtMs: nowMs + 3_600_000 } as const;
  const holds = exampleSilence({ ...about, schedule });
  const weekly: Weekly = {
    ...{ kind: 'weekly', days: ['sat'], at: '02:30', minutes: 90, timeZone: 'UTC' },
    ...{ fromMs: 0, untilMs: null },
  };
  world.silenced.silences.push(
    holds,
    exampleSilence({ ...about, id: 'silence-1', kind: 'maintenance', schedule: weekly }),
    exampleSilence({
      ...about,
      id: 'silence-2',
      schedule,
      ended: { atMs: nowMs - 1, by: 'person:ada', reason: text },
    }),
  );
  world.silenced.here = {
    notifications: null,
    incidents: null,
    actions: { silence: holds, occurrence: schedule },
  };
  world.silenced.preview = {
    incidents: [
      {
        ...{
          incidentId: 'incident/production.orders/0a/1',
          title: text,
          environment: 'production',
          service: text,
        },
        ...{ severity: 'critical', matched: 1, findings: 1 },
      },
    ],
    of: 1,
  };
}
