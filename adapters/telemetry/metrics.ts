// The Metrics port on prom-client: everything in metric-table.ts, and the process' own figures.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricSpec, metricTable } from './metric-table.ts';

type Labels = Readonly<Record<string, string>>;
type Instrument = { readonly spec: MetricSpec; record(labels: Labels, value: number): void };

export type PrometheusMetrics = {
  count(name: string, labels: Labels, value?: number): void;
  observe(name: string, labels: Labels, value: number): void;
  gauge(name: string, labels: Labels, value: number): void;
  /** Prometheus' text format. */
  render(): Promise<{ text: string; contentType: string }>;
};

export type MetricsOptions = {
  /** Called for a name, sort or label that is not in the table. Default: throw, which a test wants. */
  readonly onMistake?: (message: string) => void;
  /** Also memory, CPU and event loop of the process. Default true. */
  readonly processMetrics?: boolean;
};

export function createMetrics(options: MetricsOptions = {}): PrometheusMetrics {
  const { processMetrics = true, onMistake = fail } = options;
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const instruments = new Map<string, Instrument>();
  for (const [name, spec] of Object.entries<MetricSpec>(metricTable)) {
    instruments.set(name, create(name, spec, registry));
  }

  const record = (kind: MetricSpec['kind'], name: string, labels: Labels, value: number): void => {
    const instrument = instruments.get(name);
    const mistake = mistakeIn(instrument?.spec, kind, labels, value);
    if (mistake === null) instrument?.record(labels, value);
    else onMistake(`${name} ${mistake} (adapters/telemetry/metric-table.ts)`);
  };
  return {
    count: (name, labels, value = 1) => record('counter', name, labels, value),
    observe: (name, labels, value) => record('histogram', name, labels, value),
    gauge: (name, labels, value) => record('gauge', name, labels, value),
    render: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}

function mistakeIn(
  spec: MetricSpec | undefined,
  kind: MetricSpec['kind'],
  labels: Labels,
  value: number,
): string | null {
  if (spec === undefined) return 'is not in the table of metrics';
  if (spec.kind !== kind) return `is a ${spec.kind}, not a ${kind}`;
  const given = Object.keys(labels);
  if (given.length !== spec.labels.length || !given.every((label) => spec.labels.includes(label))) {
    return `has the labels [${spec.labels.join(', ')}], not [${given.join(', ')}]`;
  }
  return Number.isFinite(value) && (kind !== 'counter' || value >= 0) ? null : `cannot take ${value}`;
}

function fail(message: string): never {
  throw new Error(message);
}

function create(name: string, spec: MetricSpec, registry: Registry): Instrument {
  const common = { name, help: spec.help, labelNames: [...spec.labels], registers: [registry] };
  switch (spec.kind) {
    case 'counter': {
      const counter = new Counter(common);
      return { spec, record: (labels, value) => counter.inc({ ...labels }, value) };
    }
    case 'gauge': {
      const gauge = new Gauge(common);
      return { spec, record: (labels, value) => gauge.set({ ...labels }, value) };
    }
    case 'histogram': {
      const histogram = new Histogram({ ...common, buckets: [...(spec.buckets ?? [])] });
      return { spec, record: (labels, value) => histogram.observe({ ...labels }, value) };
    }
  }
}
