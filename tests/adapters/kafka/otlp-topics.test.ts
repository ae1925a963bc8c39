// Topics as the Collector fills them, on a real broker: records without keys on several partitions, read by one process of the group.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeRequest, gauge, logsRequest, metricsRequest, nano } from '../../ingest/support/otlp.ts';
import { eventually } from '../../integration/support/wait.ts';
import { bodiesSentTo } from '../../support/bodies.ts';
import { describeWith } from '../../support/component.ts';
import type { KafkaInfo } from '../../support/components/kafka.ts';
import { type KafkaSide, kafkaSide } from '../../support/kafka.ts';
import { TelemetryMember } from '../../support/telemetry-member.ts';

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
  function member(encoding: 'json' | 'protobuf'): TelemetryMember {
    const one = new TelemetryMember(side, broker, new Map([[side.topics.observations, encoding]]));
    cleanUps.push(() => one.source.stop());
    return one;
  }
  const takenBy = (one: TelemetryMember) => one.taken.get(side.topics.observations) ?? [];
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
    expect(new Set(takenBy(reader).map((one) => ('metric' in one ? one.metric : ''))).size).toBe(6);

    await reader.source.stop();
    await onEach([request(6), request(7), request(8)]);
    const names = () => takenBy(other).map((one) => ('metric' in one ? one.metric : ''));
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
    await eventually('three that are good', () => takenBy(one).length === 3);
    expect(
      takenBy(one)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['gauge', 'log', 'span']);
    expect(takenBy(one).find(({ kind }) => kind === 'span')).toMatchObject({
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
