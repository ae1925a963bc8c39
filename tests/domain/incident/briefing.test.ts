/** What a person needs before deciding. */
import { expect, test } from 'vitest';
import { briefing, stepLine } from '../../../domain/incident/briefing.ts';
import type { IncidentCommand } from '../../../domain/incident/decide.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { incidentPage } from '../../../domain/incident/page.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { anomaly, approval } from '../../support/incident-examples.ts';
import { commands, opened, plan } from './commands.ts';

function told(...all: readonly IncidentCommand[]): { state: IncidentState; timeline: IncidentEvent[] } {
  const timeline = all.map((command, index) => ({ seq: index + 1, atMs: (index + 1) * 1_000, ...command }));
  const state = fold(timeline, 'incident/1');
  if (state === null) throw new Error('the first command must open the incident');
  return { state, timeline };
}

const asked: readonly IncidentCommand[] = [
  ...commands.planned,
  { type: 'decided', attempt: 1, verdict: approval() },
  commands.requestApproval(),
];
const rejected: IncidentCommand = {
  type: 'approval-rejected',
  planHash: plan.planHash,
  actor: 'eve',
  reason: 'not now',
};

test('a fresh incident: title, place, since when, and nothing that is not known yet', () => {
  const brief = briefing(told(opened));
  expect(brief).toMatchObject({
    title: 'errors of orders',
    severity: 'warning',
    environment: 'test',
    service: 'orders',
    status: 'detected',
    onsetMs: 1_000,
    symptoms: [],
    moreAnomalies: 0,
  });
  for (const later of [
    'diagnosis',
    'plan',
    'policy',
    'approval',
    'verification',
    'compensation',
    'ending',
  ] as const) {
    expect(brief[later], later).toBeNull();
  }
});

test('a plan that is asked about again says why, and waits, however often it was approved before', () => {
  const granted: IncidentCommand = { type: 'approval-granted', planHash: plan.planHash };
  const again = told(...asked, commands.approve('ap-1'), granted, commands.intent(), commands.askAgain(2));
  expect(briefing(again).approval).toMatchObject({
    outcome: 'pending',
    given: ['ada'],
    quorum: 2,
    round: 2,
    because: 'policy now asks for 2 × operator',
  });
  expect(briefing(told(...asked)).approval).toMatchObject({ round: 1, because: null });
  expect(incidentPage(again.state, '')).toContain('asked again because policy now asks for 2 × operator');
});

test('a plan is told as facts: exact target, before → after, risk, cost, undo', () => {
  const step = briefing(told(...asked)).plan?.steps[0];
  expect(step).toEqual({
    action: 'scale',
    target: 'test/orders',
    executor: 'fake',
    parameters: ['replicas=4'],
    before: '2 replicas',
    after: '4 replicas',
    risk: 'low',
    downtimeSeconds: 0,
    blastRadius: 0.1,
    undo: { kind: 'inverse', text: '2 replicas again (scale)' },
  });
  expect(step && stepLine(step)).toBe('scale test/orders (replicas=4)');
});

test('hypotheses cite evidence with its finding where it is given, and by id alone where it is not', () => {
  const { state } = told(opened);
  const diagnosed: IncidentState = {
    ...state,
    diagnosis: {
      hypotheses: [
        {
          cause: 'bad-release',
          scope: { environment: 'test', service: 'orders' },
          score: 0.8,
          reason: 'it began with the release',
          evidenceFor: ['E1', 'E9'],
          evidenceAgainst: [],
        },
      ],
      inconclusive: false,
      reason: '',
      missing: ['logs'],
      method: 'model',
    },
  };
  const evidence = {
    id: 'E1',
    source: 'changes',
    provenance: 'reported',
    scope: { environment: 'test', service: 'orders' },
    fromMs: 0,
    toMs: 1,
    finding: 'release r2 at 12:00',
    figures: {},
  } as const;
  const { diagnosis } = briefing({ state: diagnosed, evidence: [evidence] });
  expect(diagnosis?.method).toBe('model');
  expect(diagnosis?.missing).toEqual(['logs']);
  expect(diagnosis?.hypotheses[0]?.evidenceFor).toEqual([
    { id: 'E1', finding: 'release r2 at 12:00', provenance: 'reported' },
    { id: 'E9', finding: '', provenance: null },
  ]);
});

test.each<[string, readonly IncidentCommand[], object]>([
  ['pending', [], { outcome: 'pending', given: [] }],
  [
    'granted',
    [commands.approve('a'), { type: 'approval-granted', planHash: plan.planHash }],
    { outcome: 'granted', given: ['ada'] },
  ],
  ['rejected', [rejected], { outcome: 'rejected', rejectedBy: 'eve', reason: 'not now' }],
  ['expired', [{ type: 'approval-expired', planHash: plan.planHash }], { outcome: 'expired' }],
  ['withdrawn', [commands.close('taken-over')], { outcome: 'withdrawn' }],
])('an approval that is %s says so', (_name, more, expected) => {
  expect(briefing(told(...asked, ...more)).approval).toMatchObject({
    role: 'operator',
    quorum: 1,
    ...expected,
  });
});

test('the store knows of a decision before the incident has heard of it; about another plan it says nothing', () => {
  const facts = { outcome: 'granted', given: ['bo'], rejectedBy: null, reason: '' } as const;
  const { state } = told(...asked);
  expect(briefing({ state, approval: { ...facts, planHash: plan.planHash } }).approval).toMatchObject({
    outcome: 'granted',
    given: ['bo'],
  });
  expect(briefing({ state, approval: { ...facts, planHash: 'another' } }).approval).toMatchObject({
    outcome: 'pending',
    given: [],
  });
});

test('effects, verification, compensation and ending are told with their reasons', () => {
  const brief = briefing(
    told(
      ...commands.verifying,
      commands.verified('not-recovered'),
      commands.compensate(),
      commands.applied('compensation', 'i-2'),
      commands.compensated([]),
      commands.close('escalated'),
    ),
  );
  expect(brief.effects).toEqual([
    {
      intentId: 'i-1',
      step: 'scale@test/orders',
      attempt: 1,
      status: 'undone',
      summary: 's',
      canBeUndone: true,
      undoInDoubt: null,
    },
  ]);
  expect(brief.compensation).toEqual({ undone: ['scale@test/orders'], notUndone: [] });
  expect(brief.ending).toEqual({ end: null, outcome: 'escalated', actor: 'sentinel', reason: 'r' });
});

test('a storm is counted, and text from outside stays one bounded line', () => {
  const hostile = `<!channel> *bold*\n\n# heading \u202e ${'x'.repeat(5_000)}`;
  const many = Array.from(
    { length: 9 },
    (_, index): IncidentCommand => ({
      type: 'anomaly-observed',
      anomaly: anomaly(`a${index}`, { summary: hostile, scope: { environment: 'test', service: hostile } }),
    }),
  );
  const { title, symptoms, moreAnomalies } = briefing(
    told({ ...opened, title: hostile } as IncidentCommand, ...many),
  );
  expect(symptoms).toHaveLength(6);
  expect(moreAnomalies).toBe(3);
  for (const text of [title, ...symptoms.flatMap((one) => [one.text, one.service])]) {
    expect(text.length).toBeLessThanOrEqual(300);
    expect(text).not.toMatch(/[\n\u202e]/);
  }
});
