// Dead letters on a real broker, from poison to replay: listed, shown, sent again where they came from, and each taken once.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLetterTopic } from '../../../adapters/kafka/letter-topic.ts';
import { createKafkaSource, type KafkaSource } from '../../../adapters/kafka/source.ts';
import { createDeadLetters } from '../../../api/dead-letters/desk.ts';
import { kafkaDeadLetters } from '../../../api/dead-letters/kafka.ts';
import { identityKey, type LetterTopic, type ReplayLedger } from '../../../api/dead-letters/ports.ts';
import {
  type DeadLetter,
  type DeadLetters,
  DeadLettersUnavailable,
} from '../../../api/ports/dead-letters.ts';
import { alertPartition } from '../../../ingest/kafka/alert-partition.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import {
  MemoryClock,
  MemoryInbox,
  MemoryMetrics,
  MemoryReplays,
  silentLog,
} from '../../ingest/support/memory.ts';
import { eventually } from '../../integration/support/wait.ts';
import { describeWith } from '../../support/component.ts';
import type { KafkaInfo } from '../../support/components/kafka.ts';
import { type KafkaSide, kafkaSide } from '../../support/kafka.ts';
import { person } from '../../support/people.ts';

const ada = person('ada', 'operator');
const alert = (id: string) =>
  JSON.stringify({ kind: 'alert', id, service: 'orders', title: 'orders is slow' });
/** Too large for those who do not raise their limit. */
const large = (secret = '') =>
  JSON.stringify({
    kind: 'alert',
    service: 'orders',
    title: 'orders is slow',
    attributes: { note: `${secret} ${'x'.repeat(200)}` },
  });

/** What Postgres keeps: here in memory, together with the claims of the same replays. */
class MemoryLedger implements ReplayLedger {
  readonly claims = new MemoryReplays();
  readonly done = new Map<string, { atMs: number; by: string }>();
  /** Called between sending and noting that it was sent. */
  beforeFinish = (): void => {};

  async sent(identities: Parameters<ReplayLedger['sent']>[0]) {
    const keys = identities.map(identityKey);
    return new Map([...this.done].filter(([key]) => keys.includes(key)));
  }
  async begin(letters: Parameters<ReplayLedger['begin']>[0]) {
    for (const { letter } of letters)
      if (!this.claims.begun.has(identityKey(letter.of))) this.claims.begun.set(identityKey(letter.of), null);
  }
  async finish(identities: Parameters<ReplayLedger['finish']>[0]) {
    this.beforeFinish();
    for (const one of identities) this.done.set(identityKey(one), { atMs: 1, by: 'ada' });
  }
}

await describeWith<KafkaInfo>('kafka', 'Kafka', ({ broker }) => {
  let side: KafkaSide;
  let inbox: MemoryInbox;
  let metrics: MemoryMetrics;
  let ledger: MemoryLedger;
  let topic: LetterTopic;
  let letters: DeadLetters;
  let source: KafkaSource | null;
  const options = () => {
    const { groupId, topics } = side;
    return {
      brokers: [broker],
      clientId: 'sut',
      groupId,
      deadLetterTopic: topics.deadLetters,
      tls: null,
      sasl: null,
    };
  };

  beforeEach(async () => {
    side = await kafkaSide(broker, 2);
    inbox = new MemoryInbox(new MemoryClock(0));
    metrics = new MemoryMetrics();
    ledger = new MemoryLedger();
    topic = createLetterTopic(() => ({ ...options(), sources: [side.topics.alerts] }), silentLog, 60_000);
    letters = createDeadLetters([kafkaDeadLetters(topic, ledger)]);
    source = null;
  });
  afterEach(async () => {
    await source?.stop();
    await side.close();
  });

  async function start(maxBodyBytes: number): Promise<void> {
    await source?.stop();
    source = createKafkaSource(options(), { log: silentLog, metrics });
    const limits = { ...defaultLimits, maxBodyBytes };
    source.start({
      [side.topics.alerts]: alertPartition({
        schemas: recordSchemas(limits),
        limits,
        defaultEnvironment: 'test',
        deadLetters: source.deadLetters,
        replays: ledger.claims,
        inbox,
        wake: () => {},
        clock: { nowMs: () => Date.now() },
        metrics,
        log: silentLog,
      }),
    });
  }
  /** A record that was delivered twice has two letters. */
  const once = (items: readonly DeadLetter[]): readonly DeadLetter[] => [
    ...new Map(items.map((one) => [`${one.source} ${one.failures}`, one])).values(),
  ];
  const waiting = async () => once((await letters.list({ replayed: false }, 50, null)).items);
  const lettersOf = (number: number): Promise<readonly DeadLetter[]> =>
    eventually('the dead letters', async () => {
      const found = once((await letters.list({}, 50, null)).items);
      return found.length === number && found;
    });
  const ignored = () =>
    metrics.counts.get(`sentinel_kafka_replays_ignored_total{${side.topics.alerts}}`) ?? 0;

  test('from the poison to the event: listed, shown without its secret, replayed as it was, and taken once', async () => {
    const secret = 'hunter2Zk9vQ4mXw7Lr';
    const record = large(`password=${secret}`);
    await side.send(side.topics.alerts, [
      { key: 'prod/orders', value: record, partition: 1 },
      { key: 'prod/orders', value: 'no JSON', partition: 1 },
      { value: Buffer.from([0xff, 0xfe, 0x41]), partition: 0 },
    ]);
    await start(100);
    const found = await lettersOf(3);
    const of = (reason: string) =>
      found.filter((one) => one.reason === reason).map(({ source: from }) => from);
    expect(of('too-large')).toEqual([`${side.topics.alerts}/1/0`]);
    expect(of('not-json').toSorted()).toEqual([`${side.topics.alerts}/0/0`, `${side.topics.alerts}/1/1`]);
    const items = once(
      (await letters.list({ reason: 'too-large', topic: side.topics.alerts }, 50, null)).items,
    );
    const [id = ''] = items.map((one) => one.id);
    expect(items).toMatchObject([{ key: 'prod/orders', failures: 1, replayedAtMs: null }]);
    expect((await letters.list({ topic: 'another' }, 50, null)).items).toEqual([]);
    expect((await letters.list({ sinceMs: Date.now() + 60_000 }, 50, null)).items).toEqual([]);
    expect((await letters.list({ untilMs: Date.now() - 3_600_000 }, 50, null)).items).toEqual([]);

    const shown = await letters.show(id);
    expect(shown?.text).toContain('[redacted]');
    expect(JSON.stringify(shown)).not.toContain(secret);
    const binary = found.find(({ source: from }) => from.endsWith('/0/0'));
    expect(await letters.show(binary?.id ?? '')).toMatchObject({ bytes: 3, text: '\ufffd\ufffdA' });
    expect(await letters.show('kafka-0-999')).toBeNull();

    // The limit was the mistake. Both ask, and ask again.
    await start(100_000);
    const [first, second] = [
      await letters.replay([id], ada, ''),
      await letters.replay([id, 'kafka-7-1'], ada, ''),
    ];
    expect(first).toEqual([{ id, outcome: 'replayed' }]);
    expect(second).toEqual([
      { id, outcome: 'already-replayed' },
      { id: 'kafka-7-1', outcome: 'not-found' },
    ]);
    const stored = await eventually('the event', () => [...inbox.stored.values()][0] ?? null);
    expect(JSON.stringify(stored.item)).toContain('orders is slow');
    const replays = (await side.records(side.topics.alerts)).filter(
      ({ headers }) => 'sentinel-replay-of' in headers,
    );
    expect(replays).toMatchObject([{ key: 'prod/orders', value: record }]);
    expect((await waiting()).map(({ reason }) => reason)).toEqual(['not-json', 'not-json']);
    expect((await letters.list({ replayed: true }, 50, null)).items).toMatchObject([
      { id, replayedBy: 'ada' },
    ]);
  });

  test('a record that the topic holds no more: only a letter that is a whole copy of it is sent', async () => {
    await side.send(side.topics.alerts, [
      { value: large('password=hunter2Zk9vQ4mXw7Lr'), partition: 0 },
      { value: large(), partition: 0 },
    ]);
    await start(100);
    const found = await lettersOf(2);
    const idOf = (place: string) => found.find(({ source: from }) => from.endsWith(place))?.id ?? '';
    await eventually('the commit', async () => (await side.uncommitted(side.topics.alerts)) === 0);
    await side.forget(side.topics.alerts);
    const ids = [idOf('/0/0'), idOf('/0/1')];
    expect((await letters.replay(ids, ada, '')).map(({ outcome }) => outcome)).toEqual(['gone', 'replayed']);
    expect(await letters.show(ids[0] ?? '')).toMatchObject({ bytes: null, text: null });
  });

  test('sent, and dead before it said so: sent again, and taken once', async () => {
    await side.send(side.topics.alerts, [{ value: large(), partition: 0 }]);
    await start(100);
    const [letter] = await lettersOf(1);
    const ids = [letter?.id ?? ''];
    await source?.stop();
    ledger.beforeFinish = () => {
      throw new Error('killed');
    };
    await expect(letters.replay(ids, ada, '')).rejects.toThrow('killed');
    ledger.beforeFinish = () => {};
    await start(100_000);
    expect(await letters.replay(ids, ada, '')).toMatchObject([{ outcome: 'replayed' }]);
    await eventually('the second to be ignored', () => ignored() === 1);
    expect(inbox.stored.size).toBe(1);
    await eventually('the commit', async () => (await side.uncommitted(side.topics.alerts)) === 0);
  });

  test('the place it had is its identity: an event that was taken already is no second one', async () => {
    // Without an id of its own.
    const event = JSON.stringify({ kind: 'alert', service: 'orders', title: 'orders is slow' });
    const timestampMs = Date.now();
    await side.send(side.topics.alerts, [{ value: event, partition: 0, timestamp: String(timestampMs) }]);
    await start(100_000);
    await eventually('the event', () => inbox.stored.size === 1);
    const of = { topic: side.topics.alerts, partition: 0, offset: 0, failures: 1, timestampMs };
    const letter = { partition: 0, offset: 0, atMs: 0, key: '', of, reason: 'not-json', detail: '' };
    await ledger.begin([{ id: '', letter }]);
    await topic.resend([{ letter, original: { key: null, value: Buffer.from(event), isUnreadable: false } }]);
    await eventually(
      'it to be known',
      () => metrics.counts.get('sentinel_ingest_events_total{duplicate}') === 1,
    );
    expect(inbox.stored.size).toBe(1);
  });

  test('what fails again comes back with its count, and as the record it was at first', async () => {
    await side.send(side.topics.alerts, [{ value: 'no JSON', partition: 1 }]);
    await start(100);
    const [letter] = await lettersOf(1);
    await letters.replay([letter?.id ?? ''], ada, '');
    const again = await eventually('the letter of the replay', async () => {
      const found = await waiting();
      const [only] = found;
      return found.length === 1 && only !== undefined && only.id !== letter?.id && only;
    });
    expect(again).toMatchObject({ source: `${side.topics.alerts}/1/0`, failures: 2, reason: 'not-json' });
    await letters.replay([again.id], ada, '');
    await eventually('the third', async () => (await waiting())[0]?.failures === 3);
  });

  test('the page after this one begins where it ended', async () => {
    const values = Array.from({ length: 7 }, (_, index) => ({
      value: `no JSON ${index}`,
      partition: index % 2,
    }));
    await side.send(side.topics.alerts, values);
    await start(100);
    await lettersOf(7);
    await source?.stop();
    const all = (await letters.list({}, 50, null)).items.map(({ id }) => id);
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await letters.list({}, 2, cursor);
      expect(page.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(ids).toEqual(all);
  });

  test('a header of somebody else makes no replay of a record', async () => {
    const headers = { 'sentinel-replay-of': `${side.topics.alerts}/0/0/0/1` };
    await side.send(side.topics.alerts, [
      { value: alert('a1'), partition: 0, headers },
      { value: alert('a2'), partition: 0, headers },
    ]);
    await start(100_000);
    await eventually('both', () => inbox.stored.size === 2);
    expect(ignored()).toBe(0);
  });

  test('brokers that are away are said to be, and so is what is missing to ask them', async () => {
    const away = createLetterTopic(
      () => ({ ...options(), brokers: ['127.0.0.1:1'], sources: [] }),
      silentLog,
    );
    await expect(away.newest({}, null)).rejects.toThrow('the Kafka brokers cannot be asked for dead letters');
    const closed = createLetterTopic(() => {
      throw new Error('a password is needed');
    }, silentLog);
    await expect(closed.withOriginals([])).rejects.toThrow(DeadLettersUnavailable);
    await expect(closed.resend([])).rejects.toThrow('a password is needed');
  });
});
