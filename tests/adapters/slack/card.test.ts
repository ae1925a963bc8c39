/** The card shows facts, whole or not at all, and text from elsewhere can do nothing in it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CardLinks, renderCard, summary } from '../../../adapters/slack/card.ts';
import { actionIds, readValue } from '../../../adapters/slack/card-buttons.ts';
import { threadMessage } from '../../../adapters/slack/thread.ts';
import { blocksProblem } from '../../../bench/support/slack/limits.ts';
import type { ModelView } from '../../../domain/diagnosis/opinion.ts';
import { type Briefing, briefing } from '../../../domain/incident/briefing.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { commands, plan } from '../../domain/incident/commands.ts';
import { anomaly, approval } from '../../support/incident-examples.ts';

const links: CardLinks = { incidentUrl: 'https://sentinel.test/incidents/a-1', reference: 'a-1' };

const timeline: readonly IncidentEvent[] = [
  commands.planned[0],
  commands.observe('a', 'critical', 1_700_000_000_000),
  ...commands.planned.slice(1),
  { type: 'decided' as const, attempt: 1, verdict: approval() },
  commands.requestApproval(1_700_000_900_000),
].flatMap((command, index) =>
  command === undefined ? [] : [{ seq: index + 1, atMs: 1_700_000_000_000 + index, ...command }],
);

function stateOfAsking(): IncidentState {
  const state = fold(timeline, 'incident/a/1');
  if (state === null) throw new Error('the example has no incident');
  return state;
}

function asking(change: Partial<IncidentState> = {}): Briefing {
  const state = stateOfAsking();
  return briefing({ state: { ...state, ...change }, timeline });
}

const textOf = (brief: Briefing): string => JSON.stringify(renderCard(brief, links).blocks);
const offered = (brief: Briefing): string[] => {
  const actions = renderCard(brief, links).blocks.find(({ type }) => type === 'actions');
  if (actions?.type !== 'actions') return [];
  return actions.elements.map((element) => ('action_id' in element ? (element.action_id ?? '') : ''));
};

test('what is silenced says until when, by whom and why, until it is closed', () => {
  const silenced = { silenceId: 's', actor: 'person:ada', reason: 'load <test>', untilMs: 1_700_003_600_000 };
  expect(textOf(asking({ silenced }))).toMatch(/\*Silenced until .*\* by ada: load &lt;test&gt;/);
  expect(textOf(asking())).not.toContain('Silenced');
  expect(textOf(asking({ silenced, status: 'closed', outcome: 'suppressed' }))).not.toContain(
    'Silenced until',
  );
});

test('what a person has in hand is open: it can be taken over or closed, and its end is shown on the same card', () => {
  const ending = { outcome: 'escalated', actor: 'sentinel', reason: 'nothing to try', end: null } as const;
  const inHand: Briefing = { ...asking(), status: 'handed-over', outcome: 'escalated', ending, returns: 3 };
  expect(offered(inHand)).toEqual([actionIds.takeOver, actionIds.close, actionIds.details, actionIds.open]);
  expect(textOf(inHand)).toContain('It stays open until it is over');
  expect(textOf(inHand)).toContain('it has come back 3 times');
  expect(summary(inHand)).toMatch(/escalated, still open$/);
  const over: Briefing = { ...inHand, status: 'closed', ending: { ...ending, end: 'cleared' } };
  expect(textOf(over)).toContain('*Over*: nothing to try');
  expect(textOf({ ...over, leftPaused: ['Argo <b> is still paused'] })).toContain(
    ':warning: Argo &lt;b&gt; is still paused',
  );
  expect(offered(over)).toEqual([actionIds.details, actionIds.open]);
});

test('an effect that nobody can tell of has a button of its own, also when the incident has ended', () => {
  const effect = {
    step: 0,
    stepKey: 'scale@test/orders',
    attempt: 1,
    planHash: 'hash-1',
    intentId: 'intent-7',
  };
  const effects = [
    { ...effect, status: 'uncertain' as const },
    { ...effect, intentId: 'intent-8', status: 'applied' as const },
  ];
  for (const status of ['executing', 'closed'] as const) {
    const card = renderCard(asking({ effects, status }), links);
    expect(blocksProblem(card.blocks)).toBeNull();
    const values = card.blocks.flatMap((block) =>
      block.type === 'section' && block.accessory?.type === 'button'
        ? [`${block.accessory.action_id} ${readValue(block.accessory.value)?.effectId}`]
        : [],
    );
    // What stands can be rolled back once Sentinel has let go of the incident.
    const back = status === 'closed' ? [`${actionIds.rollBack} intent-8`] : [];
    expect(values).toEqual([`${actionIds.settle} intent-7`, ...back]);
    expect(textOf(asking({ effects, status }))).toContain('Nobody can tell whether it happened');
  }
});

test('an undo of unknown outcome is settled from the card too, and is not asked for once more meanwhile', () => {
  const about = { step: 0, attempt: 1, planHash: 'hash-1', intentId: 'intent-7' };
  const stepKey = 'scale@service/test/orders {"replicas":4}';
  const effects = [{ ...about, stepKey, status: 'not-undone' as const, undoInDoubt: 'intent-8' }];
  const card = renderCard(asking({ effects, status: 'closed' }), links);
  expect(blocksProblem(card.blocks)).toBeNull();
  const buttons = card.blocks.flatMap((block) =>
    block.type === 'section' && block.accessory?.type === 'button'
      ? [[block.accessory.action_id, readValue(block.accessory.value)?.effectId]]
      : [],
  );
  expect(buttons).toEqual([[actionIds.settle, 'intent-8']]);
  expect(textOf(asking({ effects, status: 'closed' }))).toContain('Nobody can tell whether this was undone');
});

test('what an approval gives away for good is said apart from everything else', () => {
  const { hashedPlan } = stateOfAsking();
  const [step] = hashedPlan?.plan.steps ?? [];
  if (hashedPlan === null || step === undefined) throw new Error('the example has no plan');
  const gone = {
    ...step,
    action: 'clear-sandbox',
    parameters: {},
    inverse: null,
    reversible: false,
  } as const;
  const plan = { ...hashedPlan.plan, steps: [gone] };
  const words = 'clear-sandbox test/orders cannot be undone: Sentinel does not bring deleted files back';
  const forGood = asking({ hashedPlan: { ...hashedPlan, plan } });
  expect(textOf(forGood)).toContain(`*For good:* ${words}`);
  expect(textOf(asking())).not.toContain('For good');
  // A locked telephone shows nothing but the summary.
  expect(summary(forGood)).toMatch(/needs 1 × operator; it cannot be undone$/);
});

test('what has no inverse, or does not stand any more, has no button that rolls it back', () => {
  const about = { step: 0, attempt: 1, planHash: 'hash-1' };
  const effects = [
    { ...about, stepKey: 'restart@test/orders', intentId: 'intent-1', status: 'applied' as const },
    { ...about, stepKey: 'scale@test/orders', intentId: 'intent-2', status: 'undone' as const },
    { ...about, stepKey: 'stop@test/orders', intentId: 'intent-3', status: 'not-undone' as const },
  ];
  const { blocks } = renderCard(asking({ effects, status: 'handed-over' }), links);
  expect(blocksProblem(blocks)).toBeNull();
  const values = JSON.stringify(blocks).match(/"action_id":"sentinel_roll_back"/g) ?? [];
  expect(values).toHaveLength(1);
  expect(JSON.stringify(blocks)).toContain('intent-3');
});

test('the card of a plan that is asked about again says why', () => {
  const { approval: before } = asking();
  if (before === null) throw new Error('the example asks nobody');
  const because = 'policy now asks for 2 × operator <@U1>';
  const again = { ...asking(), approval: { ...before, quorum: 2, given: ['ada'], round: 2, because } };
  expect(textOf(again)).toContain('given by `ada` (1 of 2)');
  expect(textOf(again)).toContain('asked again because policy now asks for 2 × operator &lt;@U1&gt;');
  expect(textOf(asking())).not.toContain('because policy');
});

test('a person sees what is wrong, what would change, at what risk, how it is undone, and until when', () => {
  const text = textOf(asking());
  for (const fact of [
    'errors rose from 1 % to 40 %',
    '*scale* `test/orders` `replicas=4`',
    '2 replicas  →  4 replicas',
    'undo: 2 replicas again (scale)',
    'risk low',
    `plan \`${plan.planHash}\``,
    '1 × operator',
    '<!date^1700000900^',
    'rule `medium-risk`',
  ]) {
    expect(text).toContain(fact);
  }
  expect(summary(asking())).toBe('critical: errors of orders (test/orders): plan hash-1 needs 1 × operator');
});

test('buttons say which incident and plan, and are there only while they can be used', () => {
  const { approve, reject, takeOver, details, open } = actionIds;
  expect(offered(asking())).toEqual([approve, reject, takeOver, details, open]);
  expect(offered(asking({ status: 'executing' }))).toEqual([takeOver, details, open]);
  expect(offered(asking({ status: 'closed', outcome: 'resolved' }))).toEqual([details, open]);
  const stop = { kind: 'abort', actor: 'ada', reason: '' } as const;
  expect(offered(asking({ stop }))).toEqual([takeOver, details, open]);
  expect(offered(asking({ stop: { ...stop, kind: 'take-over' } }))).toEqual([details, open]);
  expect(offered(asking({ status: 'handed-over', outcome: 'escalated' }))).toContain(takeOver);
  expect(offered(asking({ status: 'handed-over', outcome: 'taken-over' }))).not.toContain(takeOver);
  for (const outcome of ['expired', 'granted', 'rejected', 'withdrawn'] as const) {
    const facts = { planHash: 'hash-1', outcome, given: [], rejectedBy: null, reason: '' };
    const overtaken = briefing({ state: stateOfAsking(), timeline, approval: facts });
    expect(offered(overtaken), outcome).toEqual([takeOver, details, open]);
  }
  const card = JSON.stringify(renderCard(asking(), links));
  expect(card).toContain(JSON.stringify(JSON.stringify({ incidentId: 'incident/a/1', planHash: 'hash-1' })));
});

test.each([
  undefined,
  '',
  'null',
  '[]',
  '{}',
  '{"incidentId":"a"}',
  '{"incidentId":"a","planHash":"b","x":1}',
  '{',
])('a button with the value %j is none of ours', (value) => {
  expect(readValue(value)).toBeNull();
});

test('a plan that is not shown whole is not approved here', () => {
  const step = plan.plan.steps[0];
  if (step === undefined) throw new Error('the example plan has no step');
  const wordy = {
    ...step,
    executor: 'e'.repeat(200),
    parameters: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, 'v'.repeat(90)])),
  };
  for (const steps of [Array.from({ length: 9 }, () => step), Array.from({ length: 4 }, () => wordy)]) {
    const brief = asking({ hashedPlan: { ...plan, plan: { ...plan.plan, steps } } });
    expect(offered(brief)).not.toContain(actionIds.approve);
    expect(textOf(brief)).toContain('too long to be shown whole');
  }
});

test('words of a model are labelled', () => {
  const diagnosis = {
    hypotheses: [
      {
        cause: 'bad-release',
        scope: { environment: 'test', service: 'orders' },
        score: 0.8,
        reason: 'I believe so',
        evidenceFor: ['E1'],
        evidenceAgainst: [],
      },
    ],
    inconclusive: false,
    reason: '',
    missing: [],
  } as const;
  const model: ModelView = {
    by: 'groq/m-1',
    relation: 'doubts',
    words: 'no <!channel> idea',
    hypotheses: [],
    riskWords: [],
    droppedClaims: 0,
  };
  const method = 'statistical';
  const said = textOf(asking({ diagnosis: { ...diagnosis, method, contested: true, model } }));
  expect(said).toContain('_Words of a language model:_ The model groq/m-1 doubts');
  expect(said).toContain('*Contested:*');
  expect(said).not.toContain('<!channel>');
  expect(textOf(asking({ diagnosis: { ...diagnosis, method } }))).not.toContain('model');
});

test('a plan of high risk asks once more', () => {
  const risky = { ...plan, plan: { ...plan.plan, risk: 'high' as const } };
  expect(textOf(asking({ hashedPlan: risky }))).toContain('Approve a plan of high risk?');
});

/** What Slack would turn into a mention, a link or a date that is not ours. */
const tags = /<(?!!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[-0-9T:.Z]+>)/;

test('no text from telemetry becomes a mention, a link or formatting', () => {
  const hostile = '<!channel> <@U1> <https://evil.test|click> &lt;!here&gt; *bold* `code` ~x~';
  const scope = { environment: hostile, service: hostile };
  const anomalies = { a: anomaly('a', { summary: hostile, scope }) };
  const [header, ...marked] = renderCard(asking({ title: hostile, anomalies }), links).blocks;
  expect(header).toMatchObject({ text: { type: 'plain_text', emoji: false } });
  const text = JSON.stringify(marked);
  expect(text).not.toMatch(/<[!@h](?!date)/);
  expect(text).toContain('&lt;!channel&gt;');
  expect(text).toContain('&amp;lt;!here&amp;gt;');
  expect(text).not.toContain('*bold*');
  expect(summary(asking({ title: hostile }))).not.toContain('<');
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4_000 }),
  fc.constantFrom('<!channel>', '&<>'.repeat(1_500), '`'.repeat(400), '</script>', 'x'.repeat(10_000)),
);

test('whatever the texts hold, Slack takes the card and the thread, and every tag in them is ours', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, fc.integer({ min: 1, max: 30 }), (title, words, name, count) => {
      const scope = { environment: name, service: name };
      const anomalies = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `a${index}`,
          anomaly(`a${index}`, { summary: words, scope }),
        ]),
      );
      const brief = asking({
        title,
        scope,
        anomalies,
        anomaliesSeen: count,
        diagnosis: {
          hypotheses: Array.from({ length: 5 }, () => ({
            cause: 'crash' as const,
            scope,
            score: 1,
            reason: words,
            evidenceFor: Array.from({ length: 9 }, (_, index) => `${name}${index}`),
            evidenceAgainst: [name],
          })),
          inconclusive: true,
          reason: words,
          missing: Array.from({ length: 20 }, () => words),
          method: 'model',
          contested: true,
          model: {
            ...{
              by: name,
              relation: 'disagrees',
              words,
              hypotheses: [],
              riskWords: [words],
              droppedClaims: 1,
            },
          },
        },
      });
      const card = renderCard(brief, links);
      expect(blocksProblem(card.blocks)).toBeNull();
      const notes: IncidentEvent[] = Array.from({ length: count }, (_, index) => ({
        seq: index + 1,
        atMs: 1_700_000_000_000,
        type: 'note-added',
        noteId: 'n',
        actor: name,
        text: words,
      }));
      const thread = threadMessage(notes, [], false);
      expect(blocksProblem(thread?.blocks)).toBeNull();
      for (const block of [...card.blocks, ...(thread?.blocks ?? [])]) {
        if (block.type === 'section') expect(block.text?.text).not.toMatch(tags);
      }
    }),
    { numRuns: 60 },
  );
});

test('a storm in the thread is counted, and what says nothing to a reader is left out', () => {
  const event = (seq: number): IncidentEvent => ({
    seq,
    atMs: 0,
    type: 'note-added',
    noteId: 'n',
    actor: 'a',
    text: `t${seq}`,
  });
  const text = JSON.stringify(
    threadMessage(
      Array.from({ length: 40 }, (_, index) => event(index)),
      [],
      false,
    ),
  );
  expect(text).toContain('28 earlier events');
  expect(text).toContain('t39');
  expect(threadMessage([{ seq: 1, atMs: 0, type: 'enrichment-started', attempt: 1 }], [], false)).toBeNull();
});
