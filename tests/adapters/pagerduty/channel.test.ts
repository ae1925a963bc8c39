import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPagerDutyChannel } from '../../../adapters/pagerduty/channel.ts';
import type { Channel, ChannelMemory } from '../../../api/notifications/ports.ts';
import type { Briefing } from '../../../domain/incident/briefing.ts';
import {
  delivery,
  exampleBriefing,
  incidentId,
  incidentUrl,
  pendingApproval,
  planForGood,
} from '../../support/deliveries.ts';
import { type FakePagerDuty, routingKey, startFakePagerDuty } from '../../support/fake-pagerduty.ts';

let pagerduty: FakePagerDuty;
let channel: Channel;
beforeEach(async () => {
  pagerduty = await startFakePagerDuty();
  channel = createPagerDutyChannel({ name: 'oncall', url: pagerduty.url, routingKey, incidentUrl });
});
afterEach(() => pagerduty.close());

/** Tells the channel of one state after the other, as the notification dispatcher does. */
async function tell(...briefings: readonly Partial<Briefing>[]): Promise<void> {
  let memory: ChannelMemory | null = null;
  for (const [index, fields] of briefings.entries()) {
    const result = await channel.deliver(delivery(exampleBriefing(fields), { seq: index + 1, memory }));
    if (result.kind !== 'delivered') throw new Error(JSON.stringify(result));
    memory = result.memory;
  }
}
const ended = (outcome: Briefing['outcome'], reason = 'because') =>
  ({
    status: 'closed',
    outcome,
    ending: { outcome, actor: 'sentinel', reason, end: null },
  }) as Partial<Briefing>;
const inHand = (outcome: 'escalated' | 'taken-over') =>
  ({ ...ended(outcome), status: 'handed-over' }) as Partial<Briefing>;
const over = (outcome: 'escalated' | 'taken-over', end: 'cleared' | 'closed-by-person') =>
  ({
    status: 'closed',
    outcome,
    ending: { outcome, actor: 'sentinel', reason: 'all clear', end },
  }) as Partial<Briefing>;
const askedAgain = {
  approval: { ...pendingApproval, quorum: 2, round: 2, because: 'policy now asks for 2 × operator' },
} as const;
const granted = { approval: { ...pendingApproval, outcome: 'granted', given: ['ada'] } } as const;

test('opened pages with everything that is known, under the id of the incident', async () => {
  await tell({});
  expect(pagerduty.incidents).toMatchObject([{ key: incidentId, status: 'triggered' }]);
  const event = JSON.parse(pagerduty.received[0]?.body ?? '');
  expect(event).toMatchObject({
    payload: {
      summary: 'orders: errors up, 40 % instead of 0 % (prod/orders)',
      source: 'prod/orders',
      severity: 'critical',
      custom_details: { symptoms: ['orders fails 40 % of calls'] },
    },
    links: [{ href: incidentUrl(incidentId) }],
  });
});

test('who is paged for an approval reads what cannot be undone', async () => {
  await tell({ approval: pendingApproval, plan: planForGood });
  expect(JSON.parse(pagerduty.received[0]?.body ?? '')).toMatchObject({
    payload: {
      custom_details: { forGood: 'clear-sandbox prod/orders cannot be undone: deleted files stay deleted' },
    },
  });
});

describe('the life of an incident is one incident there', () => {
  test.each<[string, readonly Partial<Briefing>[], readonly string[], string]>([
    ['resolved', [{}, { status: 'verifying' }, ended('resolved')], ['trigger', 'resolve'], 'resolved'],
    ['gone by itself', [{}, ended('self-recovered')], ['trigger', 'resolve'], 'resolved'],
    [
      'a decision is asked for, and taken',
      [{}, { approval: pendingApproval }, granted],
      ['trigger', 'trigger', 'acknowledge'],
      'acknowledged',
    ],
    [
      'a decision is asked for, taken, and asked for again',
      [{}, { approval: pendingApproval }, granted, askedAgain, granted],
      ['trigger', 'trigger', 'acknowledge', 'trigger', 'acknowledge'],
      'acknowledged',
    ],
    [
      'a decision is asked for again before the first was heard of',
      [{ approval: pendingApproval }, askedAgain],
      ['trigger', 'trigger'],
      'triggered',
    ],
    ['handed to a person', [{}, ended('escalated')], ['trigger', 'trigger'], 'triggered'],
    ['taken over', [{}, ended('taken-over')], ['trigger', 'acknowledge'], 'acknowledged'],
    ['heard of late', [ended('taken-over')], ['trigger', 'acknowledge'], 'acknowledged'],
    [
      'handed to a person, comes and goes, and is over: paged once, resolved once',
      [
        {},
        inHand('escalated'),
        { ...inHand('escalated'), returns: 4 },
        over('escalated', 'cleared'),
        over('escalated', 'cleared'),
      ],
      ['trigger', 'trigger', 'resolve'],
      'resolved',
    ],
    [
      'handed to a person, who takes it over and closes it',
      [{}, inHand('escalated'), inHand('taken-over'), over('taken-over', 'closed-by-person')],
      ['trigger', 'trigger', 'acknowledge', 'resolve'],
      'resolved',
    ],
    ['graver than at first', [{ severity: 'warning' }, {}], ['trigger', 'trigger'], 'triggered'],
    [
      'nothing that matters there',
      [{}, { status: 'diagnosing' }, { status: 'planning' }],
      ['trigger'],
      'triggered',
    ],
  ])('%s', async (_what, life, actions, status) => {
    await tell(...life);
    expect(pagerduty.actions).toEqual(actions);
    expect(pagerduty.incidents).toMatchObject([{ key: incidentId, status }]);
  });

  test('over before anybody was paged: nobody is paged', async () => {
    await tell(ended('resolved'));
    expect(pagerduty.incidents).toEqual([]);
  });

  test('what Sentinel has left paused stands in the page', async () => {
    const leftPaused = ['Argo CD application shop is still paused'];
    await tell({ ...ended('escalated'), leftPaused });
    expect(JSON.parse(pagerduty.received[0]?.body ?? '')).toMatchObject({
      payload: { custom_details: { leftPaused } },
    });
  });

  test('what is asked of people stands first', async () => {
    await tell({ approval: pendingApproval }, ended('escalated', 'nothing left to try'));
    expect(pagerduty.incidents[0]?.summaries).toEqual([
      expect.stringMatching(/^Needs a decision: /),
      expect.stringMatching(/^Needs a person: /),
    ]);
  });
});

describe('what comes back soon', () => {
  const first = {
    incidentId: 'incident/0a1b2c/7',
    memory: { state: 'open/critical', key: 'incident/0a1b2c/5', paged: true },
  };
  const quietly = { kind: 'quietly', lookAgainAtMs: null } as const;
  const aloud = (because: string | null = null) => ({ kind: 'aloud', because }) as const;
  const remembered = async (one: ReturnType<typeof delivery>): Promise<ChannelMemory> => {
    const result = await channel.deliver(one);
    if (result.kind !== 'delivered') throw new Error(JSON.stringify(result));
    return result.memory;
  };

  test('pages nobody, and ends the page of the first when it is over', async () => {
    const memory = await remembered(delivery(exampleBriefing(), { call: quietly, conversation: first }));
    await remembered(delivery(exampleBriefing(inHand('escalated')), { call: quietly, memory }));
    expect(pagerduty.actions).toEqual([]);
    await remembered(delivery(exampleBriefing(over('escalated', 'cleared')), { call: quietly, memory }));
    expect(JSON.parse(pagerduty.received[0]?.body ?? '')).toMatchObject({
      event_action: 'resolve',
      dedup_key: 'incident/0a1b2c/5',
    });
  });

  test('pages under the key of the first once people are called, and says why', async () => {
    const quiet = await remembered(delivery(exampleBriefing(), { call: quietly, conversation: first }));
    const worse = aloud('it is critical now, and was warning before');
    const paged = await remembered(delivery(exampleBriefing(), { call: worse, memory: quiet }));
    // The same state, and paged already: nothing is left to say.
    await remembered(delivery(exampleBriefing(), { call: aloud(), memory: paged }));
    expect(pagerduty.received.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        event_action: 'trigger',
        dedup_key: 'incident/0a1b2c/5',
        payload: { custom_details: { pagedAgain: 'it is critical now, and was warning before' } },
      },
    ]);
  });

  test('a person has taken over what was never paged for: the page of the first is theirs, and nobody is paged', async () => {
    const taken = exampleBriefing(inHand('taken-over'));
    await remembered(delivery(taken, { call: quietly, conversation: first }));
    expect(pagerduty.received.map(({ body }) => JSON.parse(body))).toMatchObject([
      { event_action: 'acknowledge', dedup_key: 'incident/0a1b2c/5' },
    ]);
  });

  test('was paged for once: told quietly meanwhile, a take-over pages nobody again', async () => {
    const asking = exampleBriefing({ approval: pendingApproval });
    const memory = await remembered(delivery(asking, { call: quietly, memory: first.memory }));
    expect(memory).toMatchObject({ paged: true });
    await remembered(delivery(exampleBriefing(inHand('taken-over')), { call: aloud(), memory }));
    expect(pagerduty.actions).toEqual(['acknowledge']);
  });

  test('keeps the key of an incident that was told before pages were shared', async () => {
    const old = { state: 'open/critical' };
    await remembered(delivery(exampleBriefing(ended('resolved')), { memory: old }));
    const before = { incidentId: 'incident/0a1b2c/6', memory: old };
    await remembered(delivery(exampleBriefing(), { call: aloud('r'), conversation: before }));
    expect(pagerduty.received.map(({ body }) => JSON.parse(body).dedup_key)).toEqual([
      incidentId,
      'incident/0a1b2c/6',
    ]);
  });

  test('the end of the one before, told late, does not end the page that it has become', async () => {
    await remembered(delivery(exampleBriefing(ended('resolved')), { memory: first.memory, continued: true }));
    await remembered(
      delivery(exampleBriefing(over('taken-over', 'cleared')), { memory: first.memory, continued: true }),
    );
    expect(pagerduty.actions).toEqual([]);
  });
});

describe('faults', () => {
  const attempt = (timeoutMs = 5_000) => channel.deliver(delivery(exampleBriefing(), { timeoutMs }));

  test('executed, but the answer is lost: the same again pages nobody twice', async () => {
    pagerduty.fail('executed-then-silent');
    await expect(attempt(200)).rejects.toThrow('did not answer in time');
    expect(await attempt()).toMatchObject({ kind: 'delivered' });
    expect(pagerduty.incidents).toHaveLength(1);
  });

  test('what was sent before the process died is known to the next delivery', async () => {
    const first = delivery(exampleBriefing(ended('taken-over')));
    pagerduty.fail({ status: 202 }, { status: 503 });
    expect(await channel.deliver(first)).toMatchObject({ kind: 'retry' });
    expect(first.remembered).toEqual([{ key: incidentId, state: 'triggered', paged: true }]);
    const again = delivery(exampleBriefing(ended('taken-over')), { memory: first.remembered[0] ?? null });
    expect(await channel.deliver(again)).toMatchObject({ kind: 'delivered' });
    expect(pagerduty.actions).toEqual(['acknowledge']);
  });

  test.each([
    [
      '429 says how long to wait',
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'retry', afterMs: 7_000 },
    ],
    ['429 that does not', { status: 429 }, { kind: 'retry' }],
    [
      '500',
      { status: 500, body: '<html>oops' },
      { kind: 'retry', reason: 'PagerDuty answered 500: <html>oops' },
    ],
    ['an answer without end', 'endless', { kind: 'retry' }],
    ['a redirect', { status: 302, headers: { location: 'http://evil.invalid' } }, { kind: 'blocked' }],
    ['400', { status: 400, body: '{"message":"Event object is invalid"}' }, { kind: 'refused' }],
    ['the key is wrong', { status: 400, body: '{"message":"Invalid routing key"}' }, { kind: 'blocked' }],
    ['403', { status: 403 }, { kind: 'blocked' }],
  ] as const)('%s', async (_what, fault, expected) => {
    pagerduty.fail(fault);
    expect(await attempt()).toMatchObject(expected);
    expect(pagerduty.received).toHaveLength(1);
  });

  test('garbage, and nobody at all', async () => {
    pagerduty.fail('garbage');
    await expect(attempt()).rejects.toThrow('cannot be reached');
    await pagerduty.close();
    await expect(attempt()).rejects.toThrow('cannot be reached (ECONNREFUSED)');
  });

  test('the key is never in a reason', async () => {
    pagerduty.fail({ status: 500 });
    expect(JSON.stringify(await attempt())).not.toContain(routingKey);
  });
});
