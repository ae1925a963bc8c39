// A real Collector in front of a real broker, with the exporter that docs/kafka.md shows: every compression, both encodings.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { freePort } from '../../../lab/run/sentinel-process.ts';
import {
  gauge,
  type Json,
  logsRequest,
  metricsRequest,
  nano,
  span,
  tracesRequest,
} from '../../ingest/support/otlp.ts';
import { eventually } from '../../integration/support/wait.ts';
import { component, describeWith } from '../../support/component.ts';
import type { CollectorInfo } from '../../support/components/collector.ts';
import type { KafkaInfo } from '../../support/components/kafka.ts';
import { kafkaSide } from '../../support/kafka.ts';
import { TelemetryMember } from '../../support/telemetry-member.ts';

const docs = readFileSync(join(import.meta.dirname, '../../../docs/kafka.md'), 'utf8');
const documented = parse(/```yaml\n(# Collector\n[\s\S]*?)```/.exec(docs)?.[1] ?? '');
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startCollector(executable: string, config: object): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-collector-'));
  const file = join(dir, 'config.yaml');
  writeFileSync(file, stringify(config));
  const child = spawn(executable, ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  cleanUps.push(async () => {
    child.kill();
    await ended;
    rmSync(dir, { recursive: true, force: true });
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await eventually('the Collector', () => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes('Everything is ready');
  });
}

await describeWith<CollectorInfo>('collector', 'A Collector', ({ executable }) => {
  test('what it writes is read, however it encodes and compresses it', async () => {
    const { broker } = await component<KafkaInfo>('kafka');
    const side = await kafkaSide(broker);
    cleanUps.push(side.close);
    const topicOf = (codec: string) => `${codec}-${side.groupId}`;
    const encodingOf = (at: number) => (at % 2 === 0 ? 'otlp_proto' : 'otlp_json');
    const exporters = codecs.map((codec, at) => {
      const signal = { topic: topicOf(codec), encoding: encodingOf(at) };
      const own = { brokers: [broker], traces: signal, metrics: signal, logs: signal };
      const producer = { ...documented.exporters.kafka.producer, compression: codec };
      return [`kafka/${codec}`, { ...documented.exporters.kafka, ...own, producer }] as const;
    });
    const pipeline = {
      receivers: ['otlp'],
      processors: ['batch'],
      exporters: exporters.map(([name]) => name),
    };
    const port = await freePort();
    await startCollector(executable, {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      processors: documented.processors,
      exporters: Object.fromEntries(exporters),
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    });
    const send = async (signal: string, body: Json) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      expect((await fetch(`http://127.0.0.1:${port}/v1/${signal}`, init)).status).toBe(200);
    };
    const now = Date.now();
    const at = nano(now);
    const timed = { startTimeUnixNano: nano(now - 20), endTimeUnixNano: at };
    await send('metrics', metricsRequest([gauge('queue', { timeUnixNano: at, asDouble: 3 })]));
    await send('logs', logsRequest([{ timeUnixNano: at, body: { stringValue: 'long '.repeat(200) } }]));
    await send('traces', tracesRequest([span({ ...timed, name: 'GET /orders' })]));

    const encodings = codecs.map((codec, index) => [
      topicOf(codec),
      encodingOf(index) === 'otlp_json' ? ('json' as const) : ('protobuf' as const),
    ]) as [string, 'json' | 'protobuf'][];
    const member = new TelemetryMember(side, broker, new Map(encodings));
    cleanUps.push(() => member.source.stop());
    for (const codec of codecs) {
      const taken = () => member.taken.get(topicOf(codec)) ?? [];
      await eventually(`three of ${codec}`, () => taken().length >= 3);
      const scope = { environment: 'prod', service: 'orders', resourceId: 'orders-1' };
      expect(taken()).toContainEqual(
        expect.objectContaining({ kind: 'gauge', scope, metric: 'queue', value: 3 }),
      );
      expect(taken()).toContainEqual(expect.objectContaining({ kind: 'log', scope }));
      expect(taken()).toContainEqual(expect.objectContaining({ kind: 'span', scope, name: 'GET /orders' }));
    }
    expect(await side.letters()).toEqual([]);
  });
});
