// How fast telemetry gets through decode and detect, in one process on one core. Prints one JSON line.
// `ratio` compares with JSON.parse of the same request as JSON: a yardstick that moves with the machine.
//
// node bench/ingest.ts [--seconds 3]

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import protobuf from 'protobufjs';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { createDetectionEngine } from '../domain/detection/engine.ts';
import { defaultLimits } from '../ingest/limits.ts';
import { decodeOtlp, type OtlpEncoding, type OtlpSignal } from '../ingest/otlp/decode.ts';

/** The published message definitions. */
const { root } = protobuf.parse(
  readFileSync(new URL('../tests/ingest/support/otlp.proto', import.meta.url), 'utf8'),
);
const requestTypes = {
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
  traces: 'ExportTraceServiceRequest',
} as const;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const budgetMs = Number(values.seconds) * 1_000;
const firstMs = Date.now() - 60_000;
const itemsPerRequest = 500;

type Json = Record<string, unknown>;
const nano = (ms: number): string => `${ms}000000`;
const text = (key: string, value: string): Json => ({ key, value: { stringValue: value } });
const resource = (instance: number): Json => ({
  attributes: [
    text('service.name', `service-${instance % 5}`),
    text('service.instance.id', `instance-${instance}`),
    text('deployment.environment.name', 'bench'),
    text('telemetry.sdk.language', 'nodejs'),
  ],
});

/** What one instance exports in one second. */
function request(signal: OtlpSignal, instance: number, atMs: number): Json {
  const at = nano(atMs);
  const indexes = Array.from({ length: itemsPerRequest }, (_, index) => index);
  const scope = { name: 'bench', version: '1' };
  switch (signal) {
    case 'metrics': {
      const metrics = indexes.map((index) => ({
        name: `metric.${index % 50}`,
        unit: '1',
        gauge: {
          dataPoints: [
            { timeUnixNano: at, asDouble: index + Math.sin(atMs), attributes: [text('shard', `${index}`)] },
          ],
        },
      }));
      return { resourceMetrics: [{ resource: resource(instance), scopeMetrics: [{ scope, metrics }] }] };
    }
    case 'logs': {
      const logRecords = indexes.map((index) => ({
        timeUnixNano: at,
        severityNumber: 9,
        body: { stringValue: `order ${index * 7919} of user ${index} accepted in ${index % 40} ms` },
        attributes: [text('thread', 'main')],
      }));
      return { resourceLogs: [{ resource: resource(instance), scopeLogs: [{ scope, logRecords }] }] };
    }
    case 'traces': {
      const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
      const spans = indexes.map((index) => ({
        traceId: hex(atMs * 1_000 + index, 32),
        spanId: hex(atMs * 1_000 + index + instance * 7, 16),
        name: 'GET /orders',
        kind: index % 2 === 0 ? 2 : 3,
        startTimeUnixNano: nano(atMs - 20),
        endTimeUnixNano: at,
        attributes: [
          text('peer.service', 'service-1'),
          text('http.request.method', 'GET'),
          text('url.path', '/orders'),
        ],
        status: { code: index % 50 === 0 ? 2 : 0 },
      }));
      return { resourceSpans: [{ resource: resource(instance), scopeSpans: [{ scope, spans }] }] };
    }
  }
}

/** OTLP's JSON mapping writes ids as hex where protobuf's own mapping has base64. */
function toProtobuf(signal: OtlpSignal, body: Json): Uint8Array {
  const type = root.lookupType(requestTypes[signal]);
  const withBytes = JSON.parse(JSON.stringify(body), (key, value: unknown) =>
    /^(traceId|spanId)$/.test(key) ? Buffer.from(String(value), 'hex').toString('base64') : value,
  ) as Json;
  return type.encode(type.fromObject(withBytes)).finish();
}

type Prepared = { readonly json: Uint8Array; readonly protobuf: Uint8Array; readonly receivedMs: number };
/** Later seconds differ in their times only: a request is never a repetition to the engine. */
const prepare = (signal: OtlpSignal): Prepared[] =>
  Array.from({ length: 60 }, (_, second) => {
    const receivedMs = firstMs + second * 1_000;
    const body = request(signal, second % 10, receivedMs);
    return { json: Buffer.from(JSON.stringify(body)), protobuf: toProtobuf(signal, body), receivedMs };
  });

/** Items per second of `work` over the prepared requests, again and again until the time is over. */
function measure(prepared: readonly Prepared[], start: () => (request: Prepared) => void): number {
  const runs = (ms: number): number => {
    let items = 0;
    const began = performance.now();
    while (performance.now() - began < ms) {
      const work = start();
      for (const entry of prepared) work(entry);
      items += prepared.length * itemsPerRequest;
    }
    return (items / (performance.now() - began)) * 1_000;
  };
  runs(budgetMs / 4);
  return runs(budgetMs);
}

const decoded = (signal: OtlpSignal, encoding: OtlpEncoding, entry: Prepared) =>
  decodeOtlp(signal, encoding, entry[encoding], {
    limits: defaultLimits,
    defaultEnvironment: 'bench',
    nowMs: entry.receivedMs,
  });

const results: Json[] = [];
for (const signal of ['metrics', 'logs', 'traces'] as const) {
  const prepared = prepare(signal);
  const reference = measure(prepared, () => (entry) => void JSON.parse(Buffer.from(entry.json).toString()));
  for (const encoding of ['protobuf', 'json'] as const) {
    const decodeOnly = measure(prepared, () => (entry) => void decoded(signal, encoding, entry));
    const both = measure(prepared, () => {
      const engine = createDetectionEngine(detectionConfigSchema.parse({}));
      return (entry) => void engine.observe(decoded(signal, encoding, entry).observations, entry.receivedMs);
    });
    const bytes = prepared[0]?.[encoding].length ?? 0;
    results.push({
      signal,
      encoding,
      bytesPerObservation: Math.round(bytes / itemsPerRequest),
      decodePerSecond: Math.round(decodeOnly),
      decodeAndDetectPerSecond: Math.round(both),
      jsonParsePerSecond: Math.round(reference),
      ratio: Number((both / reference).toFixed(3)),
    });
  }
}
console.log(JSON.stringify({ bench: 'ingest', node: process.version, itemsPerRequest, results }));
