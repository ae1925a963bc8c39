// Compressed batches, on a real broker and from Kafka's own producer: every codec is read, what cannot be read goes to the dead
// letters, and whatever ends a consumer, another one begins.

import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectKafka } from '../../../adapters/kafka/inspect.ts';
import { createKafkaSource, type KafkaSource } from '../../../adapters/kafka/source.ts';
import { sendLines } from '../../../bench/support/kafka-broker.ts';
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

const { CompressionCodecs, CompressionTypes, KafkaJSNonRetriableError } = kafkajs;
const alert = (id: string): string =>
  JSON.stringify({
    kind: 'alert',
    id,
    service: id,
    severity: 'critical',
    title: `${'long '.repeat(20)}${id}`,
  });

await describeWith<KafkaInfo>('kafka', 'Kafka', ({ broker }) => {
  let side: KafkaSide;
  let inbox: MemoryInbox;
  let metrics: MemoryMetrics;
  let source: KafkaSource;
  beforeEach(async () => {
    side = await kafkaSide(broker, 1);
    inbox = new MemoryInbox(new MemoryClock(0));
    metrics = new MemoryMetrics();
    const { groupId, topics } = side;
    const options = { brokers: [broker], clientId: 'sut', groupId, deadLetterTopic: topics.deadLetters };
    source = createKafkaSource({ ...options, tls: null, sasl: null }, { log: silentLog, metrics });
  });
  afterEach(async () => {
    await source.stop();
    await side.close();
  });

  function start(): void {
    source.start({
      [side.topics.alerts]: alertPartition({
        schemas: recordSchemas(defaultLimits),
        limits: defaultLimits,
        defaultEnvironment: 'test',
        deadLetters: source.deadLetters,
        replays: new MemoryReplays(),
        inbox,
        wake: () => {},
        clock: { nowMs: () => Date.now() },
        metrics,
        log: silentLog,
      }),
    });
  }
  const ids = (): string[] =>
    [...inbox.stored.values()]
      .map(({ item }) => (item.kind === 'anomaly' ? item.anomaly.scope.service : ''))
      .toSorted();
  const sendPlainly = (...names: string[]): Promise<void> =>
    side.send(
      side.topics.alerts,
      names.map((name) => ({ value: alert(name) })),
    );
  const allCommitted = async () => (await side.uncommitted(side.topics.alerts)) === 0;
  const lag = () => metrics.gauges.get(`sentinel_kafka_lag{${side.topics.alerts},0}`);

  test.each(['snappy', 'lz4', 'zstd', 'gzip'])('%s, with what came before and after it', async (codec) => {
    await sendPlainly('before');
    const compressed = Array.from({ length: 50 }, (_, index) => `${codec}-${index}`);
    await sendLines(broker, side.topics.alerts, compressed.map(alert), '--compression-codec', codec);
    await sendPlainly('after');
    start();
    await eventually('all of them', () => inbox.stored.size === 52);
    expect(ids()).toEqual(['before', 'after', ...compressed].toSorted());
    await eventually('the commit', allCommitted);
    expect(await side.letters()).toEqual([]);
  });

  test('a topic that compresses what producers send plainly', async () => {
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [{ name: 'compression.type', value: 'lz4' }];
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type, name: side.topics.alerts, configEntries }],
    });
    await admin.disconnect();
    start();
    await sendPlainly('a', 'b', 'c');
    await eventually('all of them', () => inbox.stored.size === 3);
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(await side.letters()).toEqual([]);
  });

  test('a batch that unfolds without end goes to the dead letters as it was, and the rest goes on', async () => {
    const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const bomb = `${' '.repeat(70 * 1024 * 1024)}{}`;
    await producer.send({
      topic: side.topics.alerts,
      compression: CompressionTypes.GZIP,
      messages: [{ value: bomb }, { value: alert('beside') }],
    });
    await producer.disconnect();
    await sendPlainly('after');
    start();
    await eventually('the one behind it', () => inbox.stored.size === 1);
    expect(ids()).toEqual(['after']);
    await eventually('the commit', allCommitted);
    const letters = await side.letters();
    expect(letters).toHaveLength(1);
    expect(letters[0]?.headers).toMatchObject({
      'sentinel-reason': 'unreadable',
      'sentinel-offset': '0',
      'sentinel-detail': expect.stringMatching(/^2 records compressed with gzip: /),
    });
    expect(source.problem()).toBeNull();
  });

  test('a consumer that the client ends for good is replaced, and says why it is away and how much waits', async () => {
    const lookUp = CompressionCodecs[CompressionTypes.Snappy];
    let crashes = 0;
    CompressionCodecs[CompressionTypes.Snappy] = () => {
      crashes += 1;
      throw new KafkaJSNonRetriableError('no codec here');
    };
    try {
      await sendLines(broker, side.topics.alerts, [alert('a')], '--compression-codec', 'snappy');
      start();
      await eventually('two attempts', () => crashes >= 2);
      await eventually('the reason', () => source.problem()?.includes('no codec here') === true);
      await eventually('the lag', () => lag() === 1);
      expect(metrics.counts.get('sentinel_kafka_restarts_total{}')).toBeGreaterThanOrEqual(1);
      expect(await side.uncommitted(side.topics.alerts)).toBe(1);
      const { groupId, topics } = side;
      const options = { brokers: [broker], clientId: 'look', groupId, tls: null, sasl: null };
      const view = await inspectKafka({ ...options, topics: [topics.alerts, 'never-made'] }, silentLog);
      expect(view).toMatchObject({ waiting: 1, missingTopics: ['never-made'] });
    } finally {
      CompressionCodecs[CompressionTypes.Snappy] = lookUp;
    }
    await eventually('the alert', () => inbox.stored.size === 1);
    await eventually('the commit', allCommitted);
    await eventually('it to be well', () => source.problem() === null);
  });
});
