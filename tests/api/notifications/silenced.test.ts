/** Nobody is called about what people have silenced; everybody hears what is left of it when the silence ends. */
import { afterEach, expect, test } from 'vitest';
import type { Stores } from '../../../adapters/postgres/index.ts';
import { comesBack, person, unique } from '../../adapters/postgres/fixtures.ts';
import { describePostgresStores } from '../../support/stores.ts';
import { caughtUp, type DispatcherStage, dispatcherStage, testChannel, until } from './stage.ts';

async function silence(stores: Stores, environment: string): Promise<() => Promise<void>> {
  const ada = person('ada');
  const made = await stores.silences.create(
    {
      ...{ kind: 'silence', silences: ['notifications'], reason: 'load test', ticket: null },
      matchers: [{ label: 'environment', is: '=', value: environment }],
      schedule: { kind: 'once', startsAtMs: Date.now() - 1_000, endsAtMs: Date.now() + 3_600_000 },
    },
    ada,
  );
  if (!made.made) throw new Error(made.reason);
  return async () => void (await stores.silences.end(made.silence.id, 'done', ada));
}

type Heard = ReturnType<typeof testChannel>;
const ofIncident = ({ heard }: Heard, id: string) => heard.filter(({ incidentId }) => incidentId === id);

/** What was there before was looked at by then: the other incident has been told of, and of its news. */
async function looksTwice(other: Awaited<ReturnType<typeof comesBack>>, channel: Heard): Promise<void> {
  await until(() => expect(ofIncident(channel, other.incidentId)).toHaveLength(1));
  await other.record({ type: 'note-added', noteId: unique('note'), actor: 'ada', text: 'more' });
  await until(() => expect(ofIncident(channel, other.incidentId)).toHaveLength(2));
}

await describePostgresStores('what is silenced', (use) => {
  let stage: DispatcherStage | undefined;
  afterEach(() => stage?.stopAll());
  async function start() {
    const { stores } = use();
    stage = dispatcherStage(stores);
    const channel = testChannel();
    await stores.notifications.register(channel.name);
    return { stores, stage, channel, environment: unique('env') };
  }

  test('is told to nobody until the silence ends', async () => {
    const { stores, stage: started, channel, environment } = await start();
    const end = await silence(stores, environment);
    const told = await comesBack(stores, environment);
    const other = await comesBack(stores, unique('other'));
    started.start(channel);
    await looksTwice(other, channel);
    expect(ofIncident(channel, told.incidentId)).toEqual([]);
    await end();
    await until(() => expect(ofIncident(channel, told.incidentId)).toMatchObject([{ moments: ['opened'] }]));
  });

  test('and was over by then is told to nobody at all', async () => {
    const { stores, stage: started, channel, environment } = await start();
    const end = await silence(stores, environment);
    const told = await comesBack(stores, environment);
    started.start(channel);
    await told.record({
      type: 'incident-closed',
      outcome: 'suppressed',
      reason: 'r',
      actor: 'system:sentinel',
    });
    await end();
    await caughtUp(stores, channel);
    expect(channel.heard).toEqual([]);
  });

  test('goes on being shown where it is known, and only what calls people waits', async () => {
    const { stores, stage: started, channel, environment } = await start();
    const told = await comesBack(stores, environment);
    started.start(channel);
    await until(() => expect(channel.heard).toHaveLength(1));
    const end = await silence(stores, environment);
    const by = {
      silenceId: 'silence-1',
      actor: 'person:ada',
      reason: 'load test',
      untilMs: Date.now() + 1_000,
    };
    await told.record({ type: 'silenced', ...by });
    await until(() => expect(channel.heard).toHaveLength(2));
    await told.record({ type: 'handed-over', outcome: 'escalated', reason: 'r', actor: 'system:sentinel' });
    const other = await comesBack(stores, unique('other'));
    await looksTwice(other, channel);
    expect(ofIncident(channel, told.incidentId)).toHaveLength(2);
    await end();
    await until(() =>
      expect(ofIncident(channel, told.incidentId).at(-1)).toMatchObject({ moments: ['escalated'] }),
    );
  });

  test('is told at once when something is left half done', async () => {
    const { stores, stage: started, channel, environment } = await start();
    await silence(stores, environment);
    const told = await comesBack(stores, environment);
    started.start(channel);
    const leftInPlace = ['scale@test/orders'];
    await told.record({ type: 'handed-over', outcome: 'escalated', reason: 'r', actor: 'x', leftInPlace });
    await until(() => expect(channel.heard).toMatchObject([{ moments: ['opened', 'escalated'] }]));
  });
});
