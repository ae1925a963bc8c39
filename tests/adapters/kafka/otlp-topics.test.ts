// Topics as the Collector fills them, on a real broker: records without keys on several partitions, read by one process of the group.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKafkaSource, type KafkaSource } from '../../../adapters/kafka/source.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import type { TelemetryObservation } from '../../../domain/observation.ts';
import { alertPartition } from '../../../ingest/kafka/alert-partition.ts';
import type { StreamDeps } from '../../../ingest/kafka/detection-stream.ts';
import { type ReadRecords, readOtlp } from '../../../ingest/kafka/read-records.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { telemetryTopics } from '../../../ingest/kafka/telemetry-topics.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import {
  MemoryClock,
  MemoryEpisodes,
  MemoryInbox,
  MemoryMetrics,
  MemoryReplays,
  silentLog,
} from '../../ingest/support/memory.ts';
import { encodeRequest, gauge, logsRequest, metricsRequest, nano } from '../../ingest/support/otlp.ts';
import { eventually } from '../../integration/support/wait.ts';
import { bodiesSentTo } from '../../support/bodies.ts';
import { describeWith } from '../../support/component.ts';
import type { KafkaInfo } from '../../support/components/kafka.ts';
import { type KafkaSide, kafkaSide } from '../../support/kafka.ts';

/** One process of the group; what it read of telemetry is `taken`. */
class Member {
  readonly taken: TelemetryObservation[] = [];
  readonly metrics = new MemoryMetrics();
  readonly source: KafkaSource;

  constructor(side: KafkaSide, broker: string, encoding: 'json' | 'protobuf') {
    const { metrics } = this;
    const { groupId, topics } = side;
    const options = { brokers: [broker], clientId: 'sut', groupId, deadLetterTopic: topics.deadLetters };
    this.source = createKafkaSource({ ...options, tls: null, sasl: null }, { log: silentLog, metrics });
    const deps: StreamDeps = {
      schemas: recordSchemas(defaultLimits),
      limits: defaultLimits,
      defaultEnvironment: 'test',
      deadLetters: this.source.deadLetters,
      replays: new MemoryReplays(),
      detection: detectionConfigSchema.parse({}),
      inbox: new MemoryInbox(new MemoryClock(0)),
      episodes: new MemoryEpisodes(),
      history: null,
      wake: () => {},
      warmMs: 600_000,
      maxWaitingRows: 10_000,
      maxWaitingAnomalies: 100,
      clock: { nowMs: () => Date.now() },
      metrics,
      log: silentLog,
    };
    const read: ReadRecords = async (records, position) => {
      const result = await readOtlp({ encoding, signal: null }, deps)(records, position);
      for (const { decoded } of result.telemetry.requests) this.taken.push(...decoded.observations);
      return result;
    };
    this.source.start(
      {
        [topics.observations]: telemetryTopics(deps, () => read),
        [topics.alerts]: alertPartition(deps),
      },
      [topics.observations],
    );
  }

  read(topic: string): number {
    return this.metrics.counts.get(`sentinel_kafka_records_total{${topic}}`) ?? 0;
  }
}

await describeWith<KafkaInfo>('kafka', 'Kafka', ({ broker }) => {
  let side: KafkaSide;
  const cleanUps: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    side = await kafkaSide(broker, 3);
    cleanUps.push(side.close);
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });
  function member(encoding: 'json' | 'protobuf'): Member {
    const one = new Member(side, broker, encoding);
    cleanUps.push(() => one.source.stop());
    return one;
  }
  const onEach = (values: readonly (Uint8Array | string)[]) =>
    side.send(
      side.topics.observations,
      values.map((value, index) => ({ value: Buffer.from(value), partition: index % 3 })),
    );

  test('one member reads all partitions of such a topic, the other what is left; when it goes, the other one does', async () => {
    const now = Date.now();
    const request = (index: number) =>
      encodeRequest(
        'metrics',
        'protobuf',
        metricsRequest([gauge(`queue-${index}`, { timeUnixNano: nano(now), asDouble: 1 })]),
      );
    const members = [member('protobuf'), member('protobuf')] as const;
    await eventually('both to be in the group', async () => (await side.settledMembers()) === 2);
    await onEach(Array.from({ length: 6 }, (_, index) => request(index)));
    await side.send(
      side.topics.alerts,
      [0, 1, 2].map((partition) => ({ value: '{', partition })),
    );
    const total = (topic: string) => members[0].read(topic) + members[1].read(topic);
    await eventually(
      'all of them',
      () => total(side.topics.observations) >= 6 && total(side.topics.alerts) >= 3,
    );
    const [reader, other] =
      members[0].read(side.topics.observations) > 0 ? members : [members[1], members[0]];
    expect(other.read(side.topics.observations)).toBe(0);
    expect(other.read(side.topics.alerts)).toBeGreaterThan(0);
    expect(new Set(reader.taken.map((one) => ('metric' in one ? one.metric : ''))).size).toBe(6);

    await reader.source.stop();
    await onEach([request(6), request(7), request(8)]);
    const names = () => other.taken.map((one) => ('metric' in one ? one.metric : ''));
    await eventually('the rest', () => names().includes('queue-8') && names().includes('queue-6'));
  });

  test("the SDK's own JSON beside logs and metrics on one topic; what is none of them is a dead letter", async () => {
    const { url, bodies, close } = await bodiesSentTo();
    cleanUps.push(close);
    const exporter = new OTLPTraceExporter({ url });
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'web' }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    provider.getTracer('test').startSpan('GET /').end();
    await provider.shutdown();
    const at = nano(Date.now());
    const json = (signal: 'metrics' | 'logs', body: Parameters<typeof encodeRequest>[2]) =>
      encodeRequest(signal, 'json', body);
    await onEach([
      ...bodies,
      '{"resourceSpans": "none"}',
      json('logs', logsRequest([{ timeUnixNano: at, body: { stringValue: 'it broke' } }])),
      '{"kind": "gauge", "service": "orders"}',
      json('metrics', metricsRequest([gauge('queue', { timeUnixNano: at, asDouble: 1 })])),
    ]);
    const one = member('json');
    await eventually('all of them', () => one.read(side.topics.observations) === 5);
    await eventually('three that are good', () => one.taken.length === 3);
    expect(one.taken.map(({ kind }) => kind).toSorted()).toEqual(['gauge', 'log', 'span']);
    expect(one.taken.find(({ kind }) => kind === 'span')).toMatchObject({
      name: 'GET /',
      scope: { service: 'web' },
    });
    const letters = await side.letters();
    expect(letters.map(({ headers }) => headers['sentinel-reason'])).toEqual(['not-otlp', 'not-otlp']);
    expect(letters.map(({ value }) => value).toSorted()).toEqual([
      '{"kind": "gauge", "service": "orders"}',
      '{"resourceSpans": "none"}',
    ]);
  });
});
