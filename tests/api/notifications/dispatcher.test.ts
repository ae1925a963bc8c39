/** Every channel hears of every incident that is its business, whatever happens in between. */
import { afterEach, expect, test } from 'vitest';
import type { DeliveryResult } from '../../../api/notifications/ports.ts';
import {
  askPeople,
  oneOperator,
  propose,
  readyToAct,
  stepOf,
  tell,
  unique,
} from '../../adapters/postgres/fixtures.ts';
import { describePostgresStores } from '../../support/stores.ts';
import { caughtUp, type DispatcherStage, dispatcherStage, testChannel, until } from './stage.ts';

await describePostgresStores('the notification dispatcher', (use) => {
  let stage: DispatcherStage | undefined;
  const setUp = () => {
    const { stores } = use();
    stage = dispatcherStage(stores);
    return { stores, stage };
  };
  afterEach(() => stage?.stopAll());

  /** Another incident of this dispatcher's tests must not be heard: a channel hears from its registration on. */
  const registered = async (stores: ReturnType<typeof use>['stores'], channel = testChannel()) => {
    await stores.notifications.register(channel.name);
    return channel;
  };
  const note = (text: string) =>
    ({ type: 'note-added', noteId: unique('note'), actor: 'ada', text }) as const;

  test('an incident is told from its first event on, each event once', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await until(() => expect(channel.heard).toHaveLength(1));
    await told.record(note('one'), note('two'));
    await until(() => expect(channel.heard.flatMap(({ seqs }) => seqs)).toEqual([1, 2, 3]));
    expect(channel.heard[0]).toMatchObject({ incidentId: told.incidentId, moments: ['opened'] });
  });

  test('incidents from before the channel was configured are not told, unless they change', async () => {
    const { stores, stage } = setUp();
    const old = tell(stores, unique('env'));
    await old.record(old.opened);
    const channel = await registered(stores);
    stage.start(channel);
    await caughtUp(stores, channel);
    expect(channel.heard).toEqual([]);
    await old.record(note('it goes on'));
    await until(() => expect(channel.heard).toMatchObject([{ incidentId: old.incidentId }]));
  });

  test('memory comes back with the next delivery, also what was remembered in the middle of one that failed', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const memories: unknown[] = [];
    channel.answer = async ({ memory, remember }, time) => {
      memories.push(memory);
      if (time > 1) return { kind: 'delivered', memory: { posted: 'yes' } };
      await remember({ posted: 'perhaps' });
      throw new Error('the connection broke');
    };
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await until(() => expect(memories).toHaveLength(2));
    await told.record(note('more'));
    await until(() => expect(memories).toEqual([null, { posted: 'perhaps' }, { posted: 'yes' }]));
  });

  test('a restarted dispatcher goes on where the last one was', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    await stage.start(channel).stop();
    await told.record(note('while nobody listened'));
    const second = stage.start(channel);
    await caughtUp(stores, channel);
    await second.stop();
    expect(channel.heard.flatMap(({ seqs }) => seqs)).toEqual([1, 2]);
  });

  test('a dispatcher that died in the middle is taken over when its lease has run out', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    await stores.notifications.notice(channel.name);
    expect(await stores.notifications.take(channel.name, 10, 300)).toHaveLength(1); // taken, and never settled
    expect(await stores.notifications.take(channel.name, 10, 300)).toEqual([]);
    stage.start(channel);
    await until(() => expect(channel.heard).toHaveLength(1));
  });

  test('two dispatchers tell each incident once, and of a slow delivery only one of them', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    let release = (): void => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    channel.answer = async () => {
      await slow;
      return { kind: 'delivered', memory: {} };
    };
    const all = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const told = tell(stores, unique('env'));
        await told.record(told.opened);
        return told.incidentId;
      }),
    );
    stage.start(channel);
    stage.start(channel);
    await until(() => expect(channel.heard.length).toBeGreaterThanOrEqual(6));
    release();
    await caughtUp(stores, channel);
    expect(channel.heard.map(({ incidentId }) => incidentId).toSorted()).toEqual(all.toSorted());
  });

  test('news during a delivery are told after it', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    channel.answer = async (_delivery, time) => {
      if (time === 1) await told.record(note('meanwhile'));
      return { kind: 'delivered', memory: {} };
    };
    await told.record(told.opened);
    stage.start(channel);
    await until(() => expect(channel.heard.map(({ seqs }) => seqs)).toEqual([[1], [2]]));
  });

  test('a cooldown holds back updates, but not an approval', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const environment = unique('env');
    const ready = await readyToAct(stores, { environment, verdict: oneOperator });
    stage.start(channel, { cooldownMs: 3_600_000 });
    await until(() => expect(channel.heard).toHaveLength(1));
    await ready.record(note('chatter'));
    await until(async () => {
      await stores.notifications.notice(channel.name);
      expect(await stores.notifications.waiting(channel.name)).toBe(1);
    });
    expect(channel.heard).toHaveLength(1);
    await askPeople(stores, ready);
    await until(() => expect(channel.heard).toHaveLength(2));
    expect(channel.heard[1]?.moments).toEqual(['approval']);
  });

  test('a channel of moments hears nothing between them', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores, testChannel('moments'));
    const told = tell(stores, unique('env'));
    stage.start(channel, { moments: ['approval', 'escalated'] });
    await told.record(told.opened, note('a'));
    await caughtUp(stores, channel);
    await told.record({ type: 'enrichment-started', attempt: 1 });
    await propose(stores, told, [stepOf(told.environment, 'api')], oneOperator);
    await caughtUp(stores, channel);
    expect(channel.heard).toEqual([]);
    await told.record({ type: 'incident-closed', outcome: 'escalated', reason: 'r', actor: 'sentinel' });
    await until(() => expect(channel.heard.map(({ moments }) => moments)).toEqual([['escalated']]));
  });

  test('a limit is obeyed for the whole channel, for as long as was asked', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    const at: number[] = [];
    channel.answer = async (_delivery, time): Promise<DeliveryResult> => {
      at.push(performance.now());
      return time === 1
        ? { kind: 'retry', reason: 'ratelimited', afterMs: 400 }
        : { kind: 'delivered', memory: {} };
    };
    stage.start(channel);
    const first = tell(stores, unique('env'));
    await first.record(first.opened);
    await until(() => expect(channel.heard).toHaveLength(1));
    const second = tell(stores, unique('env'));
    await second.record(second.opened);
    await until(() => expect(channel.heard).toHaveLength(3));
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(395);
  });

  test('what a person must repair is said in the incident once, and again when it works', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    channel.answer = async () => ({ kind: 'blocked', reason: 'is_archived\n# hi' });
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await until(() => expect(stage.notes).toHaveLength(1));
    expect(stage.notes[0]?.incidentId).toBe(told.incidentId);
    expect(stage.notes[0]?.text).toContain(`${channel.title} could not be told`);
    expect(stage.notes[0]?.text).toContain('is_archived # hi');
    expect(stage.notes[0]?.text).toContain('stays open in the dashboard, the API and the command line');
    channel.answer = async () => ({ kind: 'delivered', memory: {} });
    await makeDue(channel.name);
    await until(() => expect(stage.notes).toHaveLength(2));
    expect(stage.notes[1]?.text).toContain('up to date');
  });

  test('a passing outage is no note; one that lasts is; nothing of it is lost', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    channel.answer = async () => {
      throw new Error('ECONNREFUSED');
    };
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    for (const failures of [1, 2, 3, 4]) {
      await until(() => expect(channel.heard).toHaveLength(failures));
      await until(async () => expect(await attempts(channel.name)).toBe(failures));
      expect(stage.notes).toEqual([]);
      await makeDue(channel.name);
    }
    await until(() => expect(stage.notes).toHaveLength(1));
    await told.record(note('during the outage'));
    channel.answer = async () => ({ kind: 'delivered', memory: {} });
    await stores.notifications.notice(channel.name);
    await makeDue(channel.name);
    await caughtUp(stores, channel);
    expect(channel.heard.at(-1)?.seqs).toEqual([1, 2]);
    // The last one is counted after its note, beside the delivery.
    const counted = `sentinel_notifications_total{channel="${channel.name}",result="retry"} 5`;
    await until(async () => expect((await stage.metrics.render()).text).toContain(counted));
  });

  test('a note that could not be added is added with the next failure', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    channel.answer = async () => ({ kind: 'blocked', reason: 'invalid_auth' });
    stage.messengerWorks = false;
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await until(() =>
      expect(stage.warnings.map(({ message }) => message)).toContain(
        'the incident could not be given a note',
      ),
    );
    stage.messengerWorks = true;
    await makeDue(channel.name);
    await until(() => expect(stage.notes).toHaveLength(1));
  });

  test('what the other side will never take is not tried again; the next event is, and the incident says so once', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    channel.answer = async () => ({ kind: 'refused', reason: 'too long' });
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel);
    await caughtUp(stores, channel);
    expect(channel.heard).toHaveLength(1);
    await told.record(note('next'));
    await until(() => expect(channel.heard).toHaveLength(2));
    await caughtUp(stores, channel);
    expect(stage.notes.map(({ text }) => text)).toEqual([expect.stringContaining('refused a message')]);
  });

  test('a channel that never answers is given up for now, and its late words change nothing', async () => {
    const { stores, stage } = setUp();
    const channel = await registered(stores);
    let given: AbortSignal | undefined;
    let wakeUp = (): void => {};
    let late: Promise<unknown> | undefined;
    channel.answer = async ({ signal, remember }, time) => {
      if (time > 1) return { kind: 'delivered', memory: { by: 'second' } };
      given = signal;
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
      late = remember({ by: 'first' });
      await late;
      return { kind: 'delivered', memory: { by: 'first' } };
    };
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    stage.start(channel, {}, { timeoutMs: 50 });
    await until(() => expect(channel.heard).toHaveLength(2));
    await until(() => expect(given?.aborted).toBe(true));
    await caughtUp(stores, channel);
    wakeUp();
    await until(() => expect(late).toBeDefined());
    await expect(late).rejects.toThrow('somebody else');
  });

  /** As if the pause were over. */
  async function makeDue(channel: string): Promise<void> {
    const { database } = use();
    await database.db
      .updateTable('notifications')
      .set({ next_at_ms: 0 })
      .where('channel', '=', channel)
      .execute();
  }
  async function attempts(channel: string): Promise<number | undefined> {
    const { database } = use();
    const row = await database.db
      .selectFrom('notifications')
      .select('attempts')
      .where('channel', '=', channel)
      .executeTakeFirst();
    return row?.attempts;
  }
});
