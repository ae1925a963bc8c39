// OTLP requests for tests, in OTLP's JSON mapping; `toProtobuf` encodes them with the published message definitions.

import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { defaultLimits, type IngestLimits } from '../../../ingest/limits.ts';
import { type Decoded, decodeOtlp, type OtlpEncoding, type OtlpSignal } from '../../../ingest/otlp/decode.ts';

export const nowMs = Date.UTC(2030, 0, 2, 3, 4, 5);
export const nano = (ms: number): string => `${BigInt(Math.round(ms)) * 1_000_000n}`;

const { root } = protobuf.parse(readFileSync(new URL('./otlp.proto', import.meta.url), 'utf8'));
const requestTypes: Readonly<Record<OtlpSignal, string>> = {
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
  traces: 'ExportTraceServiceRequest',
};

export type Json = Readonly<Record<string, unknown>>;

/** Hex ids of the JSON mapping become bytes, as OTLP's JSON differs there from protobuf's own. */
export function toProtobuf(signal: OtlpSignal, request: Json): Uint8Array {
  const withBytes = JSON.parse(JSON.stringify(request), (key, value: unknown) =>
    /(traceId|spanId|parentSpanId)$/i.test(key) && typeof value === 'string'
      ? Buffer.from(value, 'hex').toString('base64')
      : value,
  ) as Json;
  const type = root.lookupType(requestTypes[signal]);
  return type.encode(type.fromObject(withBytes)).finish();
}

export function decodeProtobuf(typeName: string, bytes: Uint8Array): Json {
  const type = root.lookupType(typeName);
  return type.toObject(type.decode(bytes), { longs: Number });
}

export function encodeRequest(signal: OtlpSignal, encoding: OtlpEncoding, request: Json): Uint8Array {
  return encoding === 'json' ? Buffer.from(JSON.stringify(request)) : toProtobuf(signal, request);
}

export function decode(
  signal: OtlpSignal,
  request: Json,
  encoding: OtlpEncoding = 'json',
  limits: Partial<IngestLimits> = {},
): Decoded {
  return decodeOtlp(signal, encoding, encodeRequest(signal, encoding, request), {
    limits: { ...defaultLimits, ...limits },
    defaultEnvironment: 'default-env',
    nowMs,
  });
}

export const attribute = (key: string, value: string): Json => ({ key, value: { stringValue: value } });
export const shop: Json = {
  attributes: [
    attribute('service.name', 'orders'),
    attribute('deployment.environment.name', 'prod'),
    attribute('service.instance.id', 'orders-1'),
    attribute('service.version', 'v7'),
  ],
};

export const metricsRequest = (metrics: readonly Json[], resource: Json = shop): Json => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'test' }, metrics }] }],
});
export const logsRequest = (logRecords: readonly Json[], resource: Json = shop): Json => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'test' }, logRecords }] }],
});
export const tracesRequest = (spans: readonly Json[], resource: Json = shop): Json => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }],
});

export const gauge = (name: string, point: Json): Json => ({
  name,
  unit: '1',
  gauge: { dataPoints: [{ timeUnixNano: nano(nowMs), ...point }] },
});
export const span = (fields: Json): Json => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'GET /orders',
  kind: 2,
  startTimeUnixNano: nano(nowMs - 250),
  endTimeUnixNano: nano(nowMs),
  ...fields,
});
