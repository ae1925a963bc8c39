/** One message per incident, edited in place, its thread the timeline; whatever Slack does meanwhile. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createSlackChannel } from '../../../adapters/slack/channel.ts';
import { createWebClient } from '../../../adapters/slack/web-client.ts';
import { toUrlId } from '../../../api/incident-id.ts';
import {
  botToken,
  conversation,
  type FakeSlack,
  startFakeSlack,
} from '../../../bench/support/slack/server.ts';
import { caughtUp, type DispatcherStage, dispatcherStage, until } from '../../api/notifications/stage.ts';
import { silent } from '../../support/fakes.ts';
import { describePostgresStores } from '../../support/stores.ts';
import { askPeople, oneOperator, readyToAct, tell, unique } from '../postgres/fixtures.ts';

await describePostgresStores('the Slack channel', (use) => {
  let slack: FakeSlack;
  let stage: DispatcherStage;
  beforeAll(async () => {
    slack = await startFakeSlack();
  });
  afterEach(() => stage.stopAll());
  afterAll(() => slack.close());

  const log = { ...silent, child: () => log };
  /** A channel of its own name, so that the tests of this file do not hear each other's incidents. */
  const setUp = async (change: Partial<FakeSlack> = {}) => {
    const { stores } = use();
    stage = dispatcherStage(stores);
    slack.messages.splice(0);
    slack.calls.splice(0);
    slack.faults.clear();
    Object.assign(slack, { outage: null, ...change });
    const client = createWebClient({ botToken, apiUrl: slack.apiUrl, log });
    const channel = {
      ...createSlackChannel({
        client,
        conversation,
        linksOf: (incidentId) => ({ incidentUrl: 'https://sentinel.test/x', reference: toUrlId(incidentId) }),
        log,
        nowMs: () => Date.now(),
      }),
      name: unique('slack'),
    };
    await stores.notifications.register(channel.name);
    return { stores, stage, channel };
  };
  const note = (text: string) =>
    ({ type: 'note-added', noteId: unique('note'), actor: 'ada', text }) as const;
  const threads = () => slack.messages.filter(({ thread_ts }) => thread_ts !== undefined);
  const posts = () => slack.calls.filter(({ method }) => method === 'chat.postMessage').length;

  test('one card, edited in place as the incident goes on, and a thread with the timeline', async () => {
    const { stores, stage, channel } = await setUp();
    stage.start(channel);
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await until(() => expect(slack.cards()).toHaveLength(1));
    await askPeople(stores, ready);
    await caughtUp(stores, channel);
    await ready.record({ type: 'incident-closed', outcome: 'taken-over', reason: 'mine', actor: 'ada' });
    await caughtUp(stores, channel);
    const [card] = slack.cards();
    expect(slack.cards()).toHaveLength(1);
    expect(card?.edits).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(card?.blocks)).toContain('Closed as taken over');
    const told = threads().flatMap(({ blocks }) => JSON.stringify(blocks).split('\\n'));
    expect(told.filter((line) => line.includes('Approval requested from'))).toHaveLength(1);
    expect(told.filter((line) => line.includes('Closed as taken-over by ada'))).toHaveLength(1);
    expect(threads().every(({ thread_ts }) => thread_ts === card?.ts)).toBe(true);
  });

  test('a call for approval is shown in the channel, not only in the thread', async () => {
    const { stores, stage, channel } = await setUp();
    stage.start(channel);
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await caughtUp(stores, channel);
    await askPeople(stores, ready);
    await caughtUp(stores, channel);
    const asking = threads().filter(({ blocks }) =>
      JSON.stringify(blocks).includes('Approval requested from'),
    );
    expect(asking.map(({ reply_broadcast }) => reply_broadcast)).toEqual([true]);
  });

  test('the process dies between the post and its record: the card is found, not posted again', async () => {
    const { stores, stage, channel } = await setUp();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    slack.faults.set('chat.postMessage', [{ kind: 'lost-answer' }]);
    stage.start(channel);
    await until(() => expect(posts()).toBe(1));
    await makeDue(channel.name);
    await caughtUp(stores, channel);
    expect(slack.cards()).toHaveLength(1);
    expect(threads()).toHaveLength(1);
  });

  test('the same for the thread: what was told is not told again, what came after it is', async () => {
    const { stores, stage, channel } = await setUp();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await caughtUp(stores, channel);
    slack.faults.set('chat.postMessage', [{ kind: 'lost-answer' }]);
    await told.record(note('before the crash'));
    await until(() => expect(posts()).toBe(3));
    await told.record(note('after the crash'));
    await until(async () => {
      await stores.notifications.notice(channel.name);
      await makeDue(channel.name);
      expect(await stores.notifications.waiting(channel.name)).toBe(0);
    });
    const lines = threads().flatMap(({ blocks }) => JSON.stringify(blocks).split('\\n'));
    expect(lines.filter((line) => line.includes('before the crash'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('after the crash'))).toHaveLength(1);
  });

  test('an app that may not read the conversation posts again rather than never', async () => {
    const { stores, stage, channel } = await setUp();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    slack.faults.set('chat.postMessage', [{ kind: 'status', status: 500 }]);
    slack.faults.set('conversations.history', [{ kind: 'error', error: 'missing_scope' }]);
    stage.start(channel);
    await until(() => expect(posts()).toBe(1));
    await makeDue(channel.name);
    await caughtUp(stores, channel);
    expect(slack.cards()).toHaveLength(1);
  });

  test('Retry-After is obeyed, and then everything arrives', async () => {
    const { stores, stage, channel } = await setUp();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    slack.faults.set('chat.postMessage', [{ kind: 'limited', retryAfterSeconds: 1 }]);
    const startedAt = performance.now();
    stage.start(channel);
    await until(() => expect(slack.cards()).toHaveLength(1));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
    await caughtUp(stores, channel);
  });

  test.each(['invalid_auth', 'is_archived', 'channel_not_found', 'token_revoked'])(
    '%s: the incident says so, the approval stays open, and the card comes when it is repaired',
    async (error) => {
      const { stores, stage, channel } = await setUp({ outage: { kind: 'error', error } });
      const ready = await readyToAct(stores, { verdict: oneOperator });
      await askPeople(stores, ready);
      stage.start(channel);
      await until(() => expect(stage.notes.map(({ text }) => text).join()).toContain(error));
      const pending = await stores.approvals.pending(1_000, null);
      expect(pending.items.map(({ incidentId }) => incidentId)).toContain(ready.incidentId);
      slack.outage = null;
      await makeDue(channel.name);
      await until(() => expect(stage.notes).toHaveLength(2));
      await caughtUp(stores, channel);
      expect(slack.cards()).toHaveLength(1);
    },
  );

  test('a card that somebody deleted is posted anew', async () => {
    const { stores, stage, channel } = await setUp();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await caughtUp(stores, channel);
    slack.messages.splice(0);
    await told.record({ type: 'incident-closed', outcome: 'escalated', reason: 'r', actor: 'sentinel' });
    await caughtUp(stores, channel);
    expect(slack.cards()).toHaveLength(1);
    expect(JSON.stringify(slack.cards()[0]?.blocks)).toContain('Closed as escalated');
  });

  test('two dispatchers make one card', async () => {
    const { stores, stage, channel } = await setUp();
    stage.start(channel);
    stage.start(channel);
    const told = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const one = tell(stores, unique('env'));
        await one.record(one.opened);
        await one.record(note('more'));
        return one;
      }),
    );
    await caughtUp(stores, channel);
    expect(slack.cards()).toHaveLength(told.length);
  });

  test('an event that changes nothing on the card edits nothing', async () => {
    const { stores, stage, channel } = await setUp();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await caughtUp(stores, channel);
    await told.record(note('only the thread'));
    await caughtUp(stores, channel);
    expect(slack.cards()[0]?.edits).toBe(0);
    expect(threads()).toHaveLength(2);
  });

  /** As if the pause after a failure were over. */
  async function makeDue(channel: string): Promise<void> {
    const { db } = use().database;
    await until(async () => {
      const row = await db
        .updateTable('notifications')
        .set({ next_at_ms: 0 })
        .where('channel', '=', channel)
        .where('lease', 'is', null)
        .returning('attempts')
        .executeTakeFirst();
      expect(row).toBeDefined();
    });
  }
});
