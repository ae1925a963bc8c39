// How fast telemetry gets from a real broker through decode and detect, in one process. Prints one JSON line. `ratio`
// compares with kafkajs reading the same records and doing nothing: a yardstick that moves with the machine.
//
// node bench/kafka.ts [--observations 200000]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { createKafkaSource } from '../adapters/kafka/source.ts';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { observationPartition } from '../ingest/kafka/observation-partition.ts';
import type { OpenWorker } from '../ingest/kafka/ports.ts';
import { recordSchemas } from '../ingest/kafka/schema.ts';
import { defaultLimits } from '../ingest/limits.ts';
import { obtainKafka, startKafkaBroker } from './support/kafka-broker.ts';

const { values } = parseArgs({ options: { observations: { type: 'string', default: '200000' } } });
const wanted = Number(values.observations);
const partitions = 4;
const observationsPerSend = 1_000;

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const metrics = { count: () => {}, observe: () => {}, gauge: () => {} };
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A call or a sampled value, in turn, of one of twenty instances of five services. */
function observation(index: number, atMs: number): object {
  const service = `service-${index % 5}`;
  const place = { environment: 'bench', service, resourceId: `${service}-${index % 4}` };
  return index % 2 === 0
    ? {
        kind: 'span',
        ...place,
        traceId: hex(index + 1, 32),
        spanId: hex(index + 1, 16),
        spanKind: index % 4 === 0 ? 'server' : 'client',
        name: 'GET /orders',
        start: atMs,
        durationMs: 20 + (index % 7),
        error: index % 50 === 0,
        peer: 'service-1',
      }
    : { kind: 'gauge', ...place, metric: `metric.${index % 50}`, unit: '1', at: atMs, value: index % 97 };
}

type Run = { readonly records: number; readonly seconds: number };

/** Times from the first record to the last, as a worker sees them. */
function timed(records: number): { note(count: number): void; readonly done: Promise<Run> } {
  let startMs = 0;
  let seen = 0;
  let resolve = (_run: Run): void => {};
  const done = new Promise<Run>((end) => {
    resolve = end;
  });
  return {
    done,
    note(count) {
      if (count > 0 && startMs === 0) startMs = performance.now();
      seen += count;
      if (seen >= records) resolve({ records, seconds: (performance.now() - startMs) / 1_000 });
    },
  };
}

async function reading(kafka: Kafka, topic: string, records: number): Promise<Run> {
  const { note, done } = timed(records);
  const consumer = kafka.consumer({ groupId: `reference-${topic}`, maxWaitTimeInMs: 1_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: async ({ batch }) => note(batch.messages.length) });
  const run = await done;
  await consumer.disconnect();
  return run;
}

async function working(broker: string, topic: string, records: number): Promise<Run> {
  const { note, done } = timed(records);
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
  const open = observationPartition({
    schemas: recordSchemas(defaultLimits),
    limits: defaultLimits,
    defaultEnvironment: 'bench',
    replays: { claim: async () => 'unknown' },
    deadLetters: { put: () => Promise.reject(new Error('the benchmark made poison')) },
    detection: detectionConfigSchema.parse({}),
    inbox: { put: async (items) => items.length },
    episodes: { rememberEdges: async () => {} },
    history: null,
    wake: () => {},
    warmMs: 0,
    learnt: { keep: async () => {}, recall: async () => [], recallAll: async () => [] },
    learntMs: 60_000,
    maxWaitingRows: 1_000_000,
    maxWaitingAnomalies: 10_000,
    clock: { nowMs: () => Date.now() },
    metrics,
    log: quiet,
  });
  const counting: OpenWorker = async (position, metadata) => {
    const worker = await open(position, metadata);
    return {
      ...worker,
      async take(taken) {
        await worker.take(taken);
        note(taken.length);
      },
    };
  };
  source.start({ [topic]: counting });
  const run = await done;
  await source.stop();
  return run;
}

await obtainKafka((line) => process.stderr.write(`${line}\n`));
const dir = mkdtempSync(join(tmpdir(), 'sentinel-bench-kafka-'));
const broker = await startKafkaBroker(dir);
const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
try {
  await admin.connect();
  await producer.connect();
  const results: object[] = [];
  for (const perRecord of [1, 50]) {
    const topic = `observations-of-${perRecord}`;
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
    const records = Math.floor(wanted / perRecord);
    const startMs = Date.now() - 60_000;
    const perSend = observationsPerSend / perRecord;
    let bytes = 0;
    for (let from = 0; from < records; from += perSend) {
      const messages = Array.from({ length: Math.min(perSend, records - from) }, (_, index) => {
        const first = (from + index) * perRecord;
        // Spread over the last minute, in order.
        const all = Array.from({ length: perRecord }, (_, more) =>
          observation(first + more, startMs + Math.floor(((first + more) / wanted) * 55_000)),
        );
        const value = JSON.stringify(perRecord === 1 ? all[0] : all);
        bytes += value.length;
        return { key: `bench/service-${(from + index) % 5}`, value };
      });
      await producer.send({ topic, messages });
    }
    const reference = await reading(kafka, topic, records);
    const through = await working(broker.address, topic, records);
    results.push({
      observationsPerRecord: perRecord,
      bytesPerObservation: Math.round(bytes / (records * perRecord)),
      recordsPerSecond: Math.round(through.records / through.seconds),
      observationsPerSecond: Math.round((through.records * perRecord) / through.seconds),
      readOnlyRecordsPerSecond: Math.round(reference.records / reference.seconds),
      ratio: Number((reference.seconds / through.seconds).toFixed(3)),
    });
  }
  console.log(JSON.stringify({ bench: 'kafka', node: process.version, partitions, results }));
} finally {
  await producer.disconnect();
  await admin.disconnect();
  await broker.stop();
  rmSync(dir, { recursive: true, force: true });
}
