// Telemetry as records of a topic: calls and sampled values, one JSON object each or some together; and values as the Collector sends
// them, a batch of OTLP in protobuf a record.

import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A call or a sampled value, in turn, of one of twenty instances of five services. */
export function observation(index: number, atMs: number): object {
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
    : point(index, atMs);
}

/** A sampled value. */
export function point(index: number, atMs: number): object {
  const service = `service-${index % 5}`;
  const place = { environment: 'bench', service, resourceId: `${service}-${index % 4}` };
  return { kind: 'gauge', ...place, metric: `metric.${index % 50}`, unit: '1', at: atMs, value: index % 97 };
}

/** The published message definitions. */
const { root } = protobuf.parse(
  readFileSync(new URL('../../tests/ingest/support/otlp.proto', import.meta.url), 'utf8'),
);
const type = root.lookupType('ExportMetricsServiceRequest');
const resources = 20;

/** The same values, `count` of them from `first` on, of twenty resources. */
export function otlpBatch(first: number, count: number, atMs: (index: number) => number): Buffer {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const resourceMetrics = Array.from({ length: resources }, (_, resource) => {
    const service = `service-${resource % 5}`;
    const attributes = [
      text('service.name', service),
      text('service.instance.id', `${service}-${resource % 4}`),
    ];
    const metrics = new Map<string, object[]>();
    for (let index = first + resource; index < first + count; index += resources) {
      const name = `metric.${index % 50}`;
      const dataPoint = { timeUnixNano: `${atMs(index)}000000`, asDouble: index % 97 };
      metrics.set(name, [...(metrics.get(name) ?? []), dataPoint]);
    }
    const gauges = [...metrics].map(([name, dataPoints]) => ({ name, unit: '1', gauge: { dataPoints } }));
    return { resource: { attributes }, scopeMetrics: [{ metrics: gauges }] };
  });
  return Buffer.from(type.encode(type.fromObject({ resourceMetrics })).finish());
}
