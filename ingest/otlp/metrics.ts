// OTLP metrics to metric points. Source: opentelemetry.io/docs/specs/otel/metrics/data-model.

import type { MetricPoint } from '../../domain/observation.ts';
import { cleanText } from '../text.ts';
import { type DecodeContext, readAttributes } from './attributes.ts';
import {
  child,
  choice,
  each,
  field,
  flag,
  millis,
  type Node,
  number,
  optionalNumber,
  text,
} from './fields.ts';
import { explicitBuckets, exponentialBuckets, type HistogramBuckets } from './histogram.ts';
import { type ResourceFacts, readResource } from './identity.ts';
import { eachItem, eachScope } from './items.ts';
import type { RejectReason } from './tally.ts';
import { timeProblem } from './timing.ts';

/** DataPointFlags.FLAG_NO_RECORDED_VALUE: the sender says that the series ended; nothing to take, nothing to reject. */
const noRecordedValue = 1;

const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

type Emit = (point: MetricPoint) => void;
type MetricFacts = ResourceFacts & { readonly metric: string; readonly unit: string };

export function readMetrics(request: Node, context: DecodeContext, emit: Emit): void {
  each(request, 'resourceMetrics', (resourceLevel) => {
    const resource = readResource(resourceLevel, context);
    eachScope(resourceLevel, 'scopeMetrics', 'instrumentationLibraryMetrics', (scopeLevel) => {
      each(scopeLevel, 'metrics', (metric) => readMetric(metric, resource, context, emit));
    });
  });
}

function readMetric(node: Node, resource: ResourceFacts, context: DecodeContext, emit: Emit): void {
  const metric = cleanText(text(node, 'name'), context.limits.maxNameChars);
  const unit = cleanText(text(node, 'unit'), context.limits.maxNameChars);
  const facts: MetricFacts = { ...resource, metric, unit };
  const what = metric === '' ? 'a metric without name' : `metric ${metric}`;
  const { scope } = resource;
  const points = (
    key: (typeof kinds)[number],
    read: (point: Node, data: Node) => RejectReason | null,
  ): void => {
    const data = child(node, key);
    if (data === null) return;
    eachItem(data, 'dataPoints', { what, scope }, context, (point) => {
      if ((number(point, 'flags') & noRecordedValue) !== 0) {
        context.tally.note('no-data-flag');
        return null;
      }
      if (metric === '') return 'no-name';
      return timeProblem(millis(point, 'timeUnixNano'), context) ?? read(point, data);
    });
  };
  // A kind that is not known here would be taken for an empty metric.
  if (!kinds.some((kind) => field(node, kind) !== undefined))
    context.tally.reject('unknown-kind', what, scope);
  points('gauge', (point) => readGauge(point, facts, context, emit));
  points('sum', (point, data) =>
    flag(data, 'isMonotonic')
      ? readCounter(point, data, facts, context, emit)
      : readLevel(point, data, facts, context, emit),
  );
  points('histogram', (point, data) =>
    readHistogram(
      point,
      data,
      explicitBuckets(point, context.limits.maxHistogramBuckets),
      facts,
      context,
      emit,
    ),
  );
  points('exponentialHistogram', (point, data) =>
    readHistogram(
      point,
      data,
      exponentialBuckets(point, context.limits.maxHistogramBuckets),
      facts,
      context,
      emit,
    ),
  );
  points('summary', (point) => readSummary(point, facts, context, emit));
}

function common(point: Node, facts: MetricFacts, context: DecodeContext) {
  return {
    scope: facts.scope,
    metric: facts.metric,
    unit: facts.unit,
    attributes: readAttributes(point, context),
    atMs: millis(point, 'timeUnixNano'),
  };
}

function readGauge(point: Node, facts: MetricFacts, context: DecodeContext, emit: Emit): RejectReason | null {
  const value = pointValue(point);
  if (typeof value === 'string') return value;
  emit({ kind: 'gauge', ...common(point, facts, context), value });
  return null;
}

/** A sum that can fall. Without a temporality it is read as what almost all of them are. */
function readLevel(
  point: Node,
  data: Node,
  facts: MetricFacts,
  context: DecodeContext,
  emit: Emit,
): RejectReason | null {
  if (readTemporality(data) !== 'delta') return readGauge(point, facts, context, emit);
  const value = pointValue(point);
  if (typeof value === 'string') return value;
  emit({ kind: 'gauge', ...common(point, facts, context), value, isChange: true });
  return null;
}

function readCounter(
  point: Node,
  data: Node,
  facts: MetricFacts,
  context: DecodeContext,
  emit: Emit,
): RejectReason | null {
  const value = pointValue(point);
  if (typeof value === 'string') return value;
  const temporality = readTemporality(data);
  if (temporality === null) return 'bad-temporality';
  // What only ever grows has nothing below zero.
  if (value < 0) return 'bad-value';
  emit({ kind: 'counter', ...common(point, facts, context), ...started(point), temporality, value });
  return null;
}

function readHistogram(
  point: Node,
  data: Node,
  buckets: HistogramBuckets | null,
  facts: MetricFacts,
  context: DecodeContext,
  emit: Emit,
): RejectReason | null {
  const given = optionalNumber(point, 'sum') ?? 0;
  // One record of NaN or infinity spoils the sum for ever; counts and buckets are what is judged.
  const sum = Number.isFinite(given) ? given : 0;
  if (sum !== given) context.tally.note('sum-ignored');
  if (buckets === null) return 'bad-histogram';
  const temporality = readTemporality(data);
  if (temporality === null) return 'bad-temporality';
  emit({
    kind: 'histogram',
    ...common(point, facts, context),
    ...started(point),
    temporality,
    sum,
    ...buckets,
  });
  return null;
}

/**
 * A summary's quantiles become gauges with the attribute `quantile`, its count the counter `<name>.count`. Without an
 * observation of late, or without quantiles at all (many clients have none), the count is what there is to see.
 */
function readSummary(
  point: Node,
  facts: MetricFacts,
  context: DecodeContext,
  emit: Emit,
): RejectReason | null {
  const shared = common(point, facts, context);
  const count = number(point, 'count');
  if (!(Number.isFinite(count) && count >= 0)) return 'not-finite';
  each(point, 'quantileValues', (entry) => {
    const quantile = number(entry, 'quantile');
    const value = number(entry, 'value');
    if (!Number.isFinite(value) || !(quantile >= 0 && quantile <= 1)) {
      context.tally.note('quantile-without-value');
      return;
    }
    const attributes = { ...shared.attributes, quantile: String(quantile) };
    emit({ kind: 'gauge', ...shared, attributes, value });
  });
  emit({
    kind: 'counter',
    ...shared,
    ...started(point),
    metric: `${facts.metric}.count`,
    unit: '1',
    temporality: 'cumulative',
    value: count,
  });
  return null;
}

function pointValue(point: Node): number | RejectReason {
  const value = optionalNumber(point, 'asDouble') ?? optionalNumber(point, 'asInt');
  if (value === null) return 'no-value';
  return Number.isFinite(value) ? value : 'not-finite';
}

const temporalityNames = { AGGREGATION_TEMPORALITY_DELTA: 1, AGGREGATION_TEMPORALITY_CUMULATIVE: 2 };

function readTemporality(data: Node): 'delta' | 'cumulative' | null {
  const temporality = choice(data, 'aggregationTemporality', temporalityNames);
  if (temporality === 1) return 'delta';
  return temporality === 2 ? 'cumulative' : null;
}

function started(point: Node): { startMs: number } {
  const startMs = millis(point, 'startTimeUnixNano');
  return { startMs: Number.isFinite(startMs) ? startMs : 0 };
}
