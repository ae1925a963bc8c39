/** One page per symptom that comes and goes, on every channel that was told of it. */
import { afterEach, expect, test } from 'vitest';
import type { Delivery, Route } from '../../../api/notifications/ports.ts';
import { askPeople, comesBack, oneOperator, readyToAct, unique } from '../../adapters/postgres/fixtures.ts';
import { describePostgresStores } from '../../support/stores.ts';
import { caughtUp, type DispatcherStage, dispatcherStage, testChannel, until } from './stage.ts';

await describePostgresStores('the notification dispatcher and what comes back', (use) => {
  let stage: DispatcherStage | undefined;
  afterEach(() => stage?.stopAll());

  type Told = Pick<Delivery, 'call' | 'conversation' | 'continued'> & {
    readonly id: string;
    readonly continuedIn: readonly string[];
  };
  const setUp = async (route: Partial<Route> = {}) => {
    const { stores, database } = use();
    stage = dispatcherStage(stores);
    const channel = testChannel();
    const told: Told[] = [];
    channel.answer = async ({ briefing, call, conversation, continued }) => {
      const { incidentId: id, continuedIn } = briefing;
      told.push({ id, continuedIn, call, conversation, continued });
      return { kind: 'delivered', memory: { of: id } };
    };
    await stores.notifications.register(channel.name);
    stage.start(channel, route);
    const last = (id: string) => told.findLast((one) => one.id === id);
    return { stores, database, channel, told, last, environment: unique('env') };
  };

  test('joins the conversation of the first quietly, and the one before leads to it', async () => {
    const { stores, channel, told, last, environment } = await setUp();
    const first = await comesBack(stores, environment);
    await caughtUp(stores, channel);
    expect(last(first.incidentId)).toMatchObject({
      call: { kind: 'aloud', because: null },
      conversation: null,
    });
    await first.close();
    await caughtUp(stores, channel);
    const second = await comesBack(stores, environment);
    await caughtUp(stores, channel);
    const conversation = { incidentId: first.incidentId, memory: { of: first.incidentId } };
    expect(last(second.incidentId)).toMatchObject({ call: { kind: 'quietly' }, conversation });
    await until(() => expect(last(first.incidentId)?.continuedIn).toEqual([second.incidentId]));
    await until(() => expect(last(first.incidentId)?.continued).toBe(true));
    await second.close();
    const third = await comesBack(stores, environment);
    await caughtUp(stores, channel);
    // It may be told of once more, as its events come one by one; why people are called is said once.
    const saysWhy = ({ id, call }: Told) =>
      id === third.incidentId && call.kind === 'aloud' && call.because !== null;
    expect(told.filter(saysWhy)).toMatchObject([
      { call: { kind: 'aloud', because: expect.stringContaining('3rd time') }, conversation },
    ]);
    // Whoever was called hears the rest of it, without being told why once more.
    await third.close({ outcome: 'self-recovered' });
    await caughtUp(stores, channel);
    expect(last(third.incidentId)?.call).toEqual({ kind: 'aloud', because: null });
  });

  test('the one before leads to it, even if it is told of itself while the other is on its way', async () => {
    const { stores, channel, told, last, environment } = await setUp();
    const first = await comesBack(stores, environment);
    await caughtUp(stores, channel);
    await first.close();
    await caughtUp(stores, channel);
    const { answer } = channel;
    const begun = Promise.withResolvers<void>();
    const through = Promise.withResolvers<void>();
    channel.answer = async (delivery, time) => {
      const isFirst = delivery.briefing.incidentId === first.incidentId;
      if (!isFirst) {
        begun.resolve();
        await through.promise;
      }
      return answer(delivery, time);
    };
    const second = await comesBack(stores, environment);
    await begun.promise;
    const count = told.length;
    await first.record({ type: 'note-added', noteId: unique('note'), text: 'n', actor: 'ada' });
    await until(() => expect(told.length).toBeGreaterThan(count));
    expect(last(first.incidentId)).toMatchObject({ continuedIn: [second.incidentId], continued: false });
    through.resolve();
    await until(() => expect(last(first.incidentId)?.continued).toBe(true));
  });

  test('a question is looked at again when its time is over, although nothing has happened', async () => {
    const { stores } = use();
    stage = dispatcherStage(stores);
    const channel = testChannel();
    const outcomes: unknown[] = [];
    channel.answer = async ({ briefing }) => {
      outcomes.push(briefing.approval?.outcome);
      return { kind: 'delivered', memory: {} };
    };
    await stores.notifications.register(channel.name);
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready, Date.now() + 4_000);
    stage.start(channel);
    await until(() => expect(outcomes.at(-1)).toBe('expired'));
    // Its workflow has said nothing of it.
    expect(ready.state().status).toBe('awaiting-approval');
  });

  test('a channel that was not told of the first is called', async () => {
    const { stores, channel, last, environment } = await setUp({ severities: ['critical'] });
    const first = await comesBack(stores, environment, 'warning');
    await caughtUp(stores, channel);
    await first.close();
    const second = await comesBack(stores, environment, 'critical');
    await caughtUp(stores, channel);
    expect(last(first.incidentId)).toBeUndefined();
    expect(last(second.incidentId)).toMatchObject({
      call: { kind: 'aloud', because: null },
      conversation: null,
    });
  });

  test('what stays calls people when its time has come, although nothing happened', async () => {
    // Whoever is called now does not wait for the pause between two messages.
    const route = { cooldownMs: 3_600_000 };
    const { stores, database, channel, told, last, environment } = await setUp(route);
    await (await comesBack(stores, environment)).close();
    await caughtUp(stores, channel);
    const second = await comesBack(stores, environment);
    await caughtUp(stores, channel);
    expect(last(second.incidentId)?.call.kind).toBe('quietly');
    const count = told.length;
    const state = second.state();
    const earlier = { ...state, openedAtMs: state.openedAtMs - 20 * 60_000 };
    const { db } = database;
    await db
      .updateTable('incidents')
      .set({ state: JSON.stringify(earlier) })
      .where('id', '=', second.incidentId)
      .execute();
    await db
      .updateTable('notifications')
      .set({ look_again_at_ms: 1 })
      .where('channel', '=', channel.name)
      .where('incident_id', '=', second.incidentId)
      .where('look_again_at_ms', 'is not', null)
      .execute();
    await until(() =>
      expect(last(second.incidentId)?.call).toEqual({
        kind: 'aloud',
        because: expect.stringContaining('longer than before'),
      }),
    );
    expect(told.slice(count).filter(({ id }) => id === second.incidentId)).toHaveLength(1);
  });
});
