/** What comes back soon is told in the thread of the first card; the channel hears of it only when people are called again. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createSlackChannel } from '../../../adapters/slack/channel.ts';
import { createWebClient } from '../../../adapters/slack/web-client.ts';
import type { ChannelMemory, Delivery } from '../../../api/notifications/ports.ts';
import {
  botToken,
  conversation,
  type FakeSlack,
  startFakeSlack,
} from '../../../bench/support/slack/server.ts';
import { delivery, exampleBriefing, incidentId } from '../../support/deliveries.ts';
import { silent } from '../../support/fakes.ts';

let slack: FakeSlack;
beforeAll(async () => {
  slack = await startFakeSlack();
});
afterEach(() => {
  slack.messages.splice(0);
  slack.faults.clear();
});
afterAll(() => slack.close());

const log = { ...silent, child: () => log };
const channel = () =>
  createSlackChannel({
    client: createWebClient({ botToken, apiUrl: slack.apiUrl, log }),
    conversation,
    linksOf: () => ({ incidentUrl: null, reference: 'x' }),
    log,
    nowMs: () => Date.now(),
  });

const quietly = { kind: 'quietly', lookAgainAtMs: null } as const;
const aloud = (because: string | null) => ({ kind: 'aloud', because }) as const;
const back = (fields: Parameters<typeof exampleBriefing>[0] = {}) =>
  exampleBriefing({
    incidentId: 'incident/0a1b2c/2',
    follows: { incidentId, times: 2, sinceMs: 1_700_000_000_000 },
    ...fields,
  });

async function told(one: Delivery): Promise<ChannelMemory> {
  const result = await channel().deliver(one);
  if (result.kind !== 'delivered') throw new Error(JSON.stringify(result));
  return result.memory;
}
/** The first incident, told; with its card, which the thread is under. */
async function first() {
  const memory = await told(delivery(exampleBriefing()));
  const [card] = slack.cards();
  return { card, conversation: { incidentId, memory } };
}
const text = (message: unknown): string => JSON.stringify(message);

test('its card and its timeline are in the thread of the first, and nothing is shown in the channel', async () => {
  const { card, conversation: known } = await first();
  const before = slack.messages.length;
  const memory = await told(delivery(back(), { call: quietly, conversation: known }));
  await told(
    delivery(back({ status: 'handed-over', outcome: 'escalated' }), {
      ...{ seq: 2, memory, call: quietly, moments: ['escalated'], conversation: known },
    }),
  );
  expect(slack.cards()).toHaveLength(1);
  const added = slack.messages.slice(before);
  expect(added.length).toBeGreaterThanOrEqual(3);
  for (const message of added) expect(message).toMatchObject({ thread_ts: card?.ts, reply_broadcast: false });
  // The third belongs there, too.
  await told(
    delivery(back({ incidentId: 'incident/0a1b2c/3' }), {
      call: quietly,
      conversation: { incidentId: 'incident/0a1b2c/2', memory },
    }),
  );
  expect(slack.messages.at(-1)).toMatchObject({ thread_ts: card?.ts });
  expect(slack.cards()).toHaveLength(1);
});

test('called again at once: the card is shown in the channel, and says why', async () => {
  const { card, conversation: known } = await first();
  const before = slack.messages.length;
  const memory = await told(delivery(back(), { call: aloud('it is worse'), conversation: known }));
  expect(slack.messages[before]).toMatchObject({ thread_ts: card?.ts, reply_broadcast: true });
  expect(text(slack.messages[before])).toContain('*Calling again:* it is worse');
  await told(
    delivery(back({ status: 'diagnosing' }), { seq: 2, memory, call: aloud(null), conversation: known }),
  );
  expect(text(slack.messages[before]?.blocks)).toContain('it is worse');
});

test('called again later: one message in the channel says why, also when its answer is lost', async () => {
  const { card, conversation: known } = await first();
  const quiet = await told(delivery(back(), { call: quietly, conversation: known }));
  const before = slack.messages.length;
  const calling = (memory: ChannelMemory) => ({
    ...delivery(back(), { memory, call: aloud('it stays this time'), conversation: known }),
    events: [],
    moments: [],
  });
  slack.faults.set('chat.postMessage', [{ kind: 'lost-answer' }]);
  const lost = calling(quiet);
  const remembered: ChannelMemory[] = [];
  expect(
    await channel().deliver({ ...lost, remember: async (one) => void remembered.push(one) }),
  ).toMatchObject({
    kind: 'retry',
  });
  const memory = await told(calling(remembered.at(-1) ?? {}));
  await told(calling(memory));
  expect(slack.messages.slice(before)).toMatchObject([{ thread_ts: card?.ts, reply_broadcast: true }]);
  expect(text(slack.messages.at(-1))).toContain('it stays this time');
});

test('a first card that is gone, or in another conversation, is no conversation: the card stands by itself', async () => {
  const { conversation: known } = await first();
  slack.faults.set('chat.postMessage', [{ kind: 'error', error: 'thread_not_found' }]);
  await told(delivery(back(), { call: quietly, conversation: known }));
  expect(slack.cards()).toHaveLength(2);
  const elsewhere = { incidentId, memory: { ...known.memory, conversation: 'C0OTHER' } };
  await told(delivery(back({ incidentId: 'incident/0a1b2c/3' }), { call: quietly, conversation: elsewhere }));
  expect(slack.cards()).toHaveLength(3);
});

test('the card of the one before says where it is continued', async () => {
  const { card, conversation: known } = await first();
  const closed = exampleBriefing({
    status: 'closed',
    outcome: 'self-recovered',
    continuedIn: ['incident/0a1b2c/2'],
  });
  await told({ ...delivery(closed, { memory: known.memory }), events: [], moments: [] });
  expect(text(card?.blocks)).toContain('Continued in `0a1b2c-2`');
});
