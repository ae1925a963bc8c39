// How fast telemetry gets from a real broker through decode and detect into ClickHouse, in one process; broker and engine are processes
// of their own beside it. The time ends when the last row is in ClickHouse. Prints one JSON line. `ratio` compares with kafkajs
// reading the same records and doing nothing: a yardstick that moves with the machine. `perCpuSecond` counts the processor time of this
// process only, so it hardly depends on what else runs.
//
// node bench/kafka.ts [--observations 200000] [--partitions 4] [--only points|mixed|mixed-50|otlp-1000] [--no-history]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { createHistory } from '../adapters/clickhouse/history.ts';
import { createKafkaSource } from '../adapters/kafka/source.ts';
import type { HistoryStore } from '../adapters/store-vendor.ts';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import type { StreamDeps } from '../ingest/kafka/detection-stream.ts';
import { observationPartition } from '../ingest/kafka/observation-partition.ts';
import type { OpenWorker } from '../ingest/kafka/ports.ts';
import { readOtlp } from '../ingest/kafka/read-records.ts';
import { recordSchemas } from '../ingest/kafka/schema.ts';
import { telemetryTopics } from '../ingest/kafka/telemetry-topics.ts';
import { defaultLimits } from '../ingest/limits.ts';
import { startClickHouseEngine } from './support/clickhouse-engine/start.ts';
import { obtainKafka, startKafkaBroker } from './support/kafka-broker.ts';
import { observation, otlpBatch, point } from './support/kafka-telemetry.ts';

const { values } = parseArgs({
  options: {
    observations: { type: 'string', default: '200000' },
    partitions: { type: 'string', default: '4' },
    only: { type: 'string' },
    'no-history': { type: 'boolean', default: false },
  },
});
const wanted = Number(values.observations);
const partitions = Number(values.partitions);
const observationsPerSend = 1_000;

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const metrics = { count: () => {}, observe: () => {}, gauge: () => {} };
type Run = { readonly records: number; readonly seconds: number; readonly cpuSeconds: number };

/** Times from `begin` until so many records are noted, and `afterwards`. */
function timed(
  records: number,
  afterwards: () => Promise<void> = async () => {},
): { begin(): void; note(count: number): void; readonly done: Promise<Run> } {
  let began: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | null = null;
  let seen = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const end = async (): Promise<void> => {
    await afterwards();
    const { user, system } = process.cpuUsage(began?.cpu);
    const seconds = (performance.now() - (began?.atMs ?? 0)) / 1_000;
    resolve({ records, seconds, cpuSeconds: (user + system) / 1e6 });
  };
  return {
    done: promise,
    begin() {
      began ??= { atMs: performance.now(), cpu: process.cpuUsage() };
    },
    note(count) {
      const before = seen;
      seen += count;
      if (before < records && seen >= records) end().catch(reject);
    },
  };
}

/** From the end of the first fetch, whose records are not counted; null when there was no other. */
async function reading(kafka: Kafka, topic: string, records: number): Promise<number | null> {
  const { begin, note, done } = timed(records);
  let first = 0;
  const consumer = kafka.consumer({ groupId: `reference-${topic}`, maxWaitTimeInMs: 1_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { messages } }) => {
      begin();
      first ||= messages.length;
      note(messages.length);
    },
  });
  const { seconds } = await done;
  await consumer.disconnect();
  return first === records ? null : (records - first) / seconds;
}

async function working(
  broker: string,
  { topic, records, isOtlp }: { readonly topic: string; readonly records: number; readonly isOtlp: boolean },
  history: HistoryStore | null,
): Promise<Run> {
  const { begin, note, done } = timed(records, async () => {
    // Rows that detection has handed on; a group that is being written is one of them.
    while (history !== null && written.begun > written.ended) await new Promise((go) => setTimeout(go, 5));
  });
  const written = { begun: 0, ended: 0, rows: 0 };
  const source = createKafkaSource(
    {
      brokers: [broker],
      clientId: 'bench',
      groupId: `bench-${topic}`,
      deadLetterTopic: 'dead',
      tls: null,
      sasl: null,
    },
    { log: quiet, metrics },
  );
  const deps: StreamDeps = {
    schemas: recordSchemas(defaultLimits),
    limits: defaultLimits,
    defaultEnvironment: 'bench',
    replays: { claim: async () => 'unknown' },
    deadLetters: { put: () => Promise.reject(new Error('the benchmark made poison')) },
    detection: detectionConfigSchema.parse({}),
    inbox: { put: async (items) => items.length },
    episodes: { rememberEdges: async () => {} },
    history:
      history === null
        ? null
        : {
            ...history,
            async write(rows) {
              written.begun += 1;
              written.rows += rows.calls.length + rows.metrics.length + rows.logs.length;
              await history.write(rows).finally(() => {
                written.ended += 1;
              });
            },
          },
    learnt: { keep: async () => {}, recall: async () => [], recallAll: async () => [] },
    learntMs: 60_000,
    wake: () => {},
    warmMs: 0,
    maxWaitingRows: 1_000_000,
    maxWaitingAnomalies: 10_000,
    clock: { nowMs: () => Date.now() },
    metrics,
    log: quiet,
  };
  const open = isOtlp
    ? telemetryTopics(deps, () => readOtlp({ encoding: 'protobuf', signal: 'metrics' }, deps))
    : observationPartition(deps);
  const counting: OpenWorker = async (position, metadata) => {
    const worker = await open(position, metadata);
    return {
      ...worker,
      async take(taken) {
        begin();
        await worker.take(taken);
        note(taken.length);
      },
    };
  };
  source.start({ [topic]: counting }, isOtlp ? [topic] : []);
  const run = await done;
  await source.stop();
  if (history !== null && written.rows === 0) throw new Error('nothing came into history');
  return run;
}

/** What a record of each case is made of. */
const cases: Readonly<Record<string, { readonly perRecord: number; readonly make: MakeRecord }>> = {
  points: { perRecord: 1, make: (first, _, atMs) => JSON.stringify(point(first, atMs(first))) },
  mixed: { perRecord: 1, make: (first, _, atMs) => JSON.stringify(observation(first, atMs(first))) },
  'mixed-50': {
    perRecord: 50,
    make: (first, count, atMs) =>
      JSON.stringify(
        Array.from({ length: count }, (_, more) => observation(first + more, atMs(first + more))),
      ),
  },
  'otlp-1000': { perRecord: 1_000, make: otlpBatch },
};
type MakeRecord = (first: number, count: number, atMs: (index: number) => number) => string | Buffer;

await obtainKafka((line) => process.stderr.write(`${line}\n`));
const dir = mkdtempSync(join(tmpdir(), 'sentinel-bench-kafka-'));
const broker = await startKafkaBroker(dir);
const engine = values['no-history'] ? null : await startClickHouseEngine(join(dir, 'clickhouse'));
const history = engine === null ? null : createHistory({ url: engine.url });
const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
try {
  await admin.connect();
  await producer.connect();
  const results: object[] = [];
  for (const [name, { perRecord, make }] of Object.entries(cases)) {
    if (values.only !== undefined && values.only !== name) continue;
    const topic = `telemetry-${name}`;
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
    const records = Math.floor(wanted / perRecord);
    const startMs = Date.now() - 60_000;
    // Spread over the last minute, in order.
    const atMs = (index: number): number => startMs + Math.floor((index / wanted) * 55_000);
    const perSend = Math.max(1, observationsPerSend / perRecord);
    let bytes = 0;
    for (let from = 0; from < records; from += perSend) {
      const messages = Array.from({ length: Math.min(perSend, records - from) }, (_, index) => {
        const value = make((from + index) * perRecord, perRecord, atMs);
        bytes += value.length;
        return { key: `bench/service-${(from + index) % 5}`, value };
      });
      await producer.send({ topic, messages });
    }
    const reference = await reading(kafka, topic, records);
    const isOtlp = name.startsWith('otlp');
    const through = await working(broker.address, { topic, records, isOtlp }, history);
    const observations = records * perRecord;
    results.push({
      records: name,
      observationsPerRecord: perRecord,
      bytesPerObservation: Math.round(bytes / observations),
      observationsPerSecond: Math.round(observations / through.seconds),
      perCpuSecond: Math.round(observations / through.cpuSeconds),
      readOnlyPerSecond: reference === null ? null : Math.round(reference * perRecord),
      ratio: reference === null ? null : Number((records / through.seconds / reference).toFixed(3)),
    });
  }
  console.log(
    JSON.stringify({ bench: 'kafka', node: process.version, partitions, history: history !== null, results }),
  );
} finally {
  await producer.disconnect();
  await admin.disconnect();
  await history?.close();
  await engine?.stop();
  await broker.stop();
  rmSync(dir, { recursive: true, force: true });
}
