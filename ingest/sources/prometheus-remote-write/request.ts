// A request of either version as series with their labels, types and samples.

import type { IngestLimits } from '../../limits.ts';
import { decodeMessage } from '../../otlp/wire.ts';
import { type RemoteWriteVersion, requestOf, type staleMarker } from './messages.ts';

/** In the order of their numbers, which are the same in both versions. */
const metricTypes = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;
export type MetricType = (typeof metricTypes)[number];

export type Sample = { readonly atMs: number; readonly startMs: number; readonly value: number | 'stale' };

/** A native histogram as it was sent. */
export type NativeHistogram = {
  readonly atMs: number;
  readonly startMs: number;
  readonly sum: number | 'stale';
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly isGauge: boolean;
  readonly negative: Side;
  readonly positive: Side;
  readonly customValues: readonly number[];
};
type Span = { readonly offset: number; readonly length: number };
/** Either how each bucket differs from the one before, or what is in each. */
export type Side = {
  readonly spans: readonly Span[];
  readonly deltas: readonly number[];
  readonly counts: readonly number[];
};

export type RemoteSeries = {
  /** Null when the series refers to symbols that are not there. */
  readonly labels: ReadonlyMap<string, string> | null;
  readonly type: MetricType;
  readonly unit: string;
  readonly samples: readonly Sample[];
  readonly histograms: readonly NativeHistogram[];
  readonly exemplars: number;
};

export type RemoteRequest = {
  readonly series: readonly RemoteSeries[];
  /** Of version 1.0, which tells types apart from the series. */
  readonly types: readonly { readonly family: string; readonly type: MetricType }[];
};

type WireSeries = {
  readonly labels?: readonly { readonly name?: string; readonly value?: string }[];
  readonly labelsRefs?: readonly number[];
  readonly samples?: readonly WireSample[];
  readonly histograms?: readonly WireHistogram[];
  readonly exemplars?: readonly unknown[];
  readonly metadata?: { readonly type?: number; readonly unitRef?: number };
  readonly createdTimestamp?: number | bigint;
};
type WireSample = {
  readonly value?: number | typeof staleMarker;
  readonly timestamp?: number | bigint;
  readonly startTimestamp?: number | bigint;
};
type WireHistogram = {
  readonly sum?: number | typeof staleMarker;
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCountInt?: number;
  readonly zeroCountFloat?: number;
  readonly negativeSpans?: readonly Partial<Span>[];
  readonly negativeDeltas?: readonly number[];
  readonly negativeCounts?: readonly number[];
  readonly positiveSpans?: readonly Partial<Span>[];
  readonly positiveDeltas?: readonly number[];
  readonly positiveCounts?: readonly number[];
  readonly resetHint?: number;
  readonly timestamp?: number | bigint;
  readonly startTimestamp?: number | bigint;
  readonly customValues?: readonly number[];
};
type WireRequest = {
  readonly symbols?: readonly string[];
  readonly timeseries?: readonly WireSeries[];
  readonly metadata?: readonly { readonly type?: number; readonly metricFamilyName?: string }[];
};

/** Deeper than any message of the protocol. */
const maxDepth = 8;

/** Throws `Malformed` for what is no such request, `TooMany` for more messages than the limits allow. */
export function readRequest(
  version: RemoteWriteVersion,
  body: Uint8Array,
  limits: Pick<IngestLimits, 'maxMessages'>,
): RemoteRequest {
  const budget = { messagesLeft: limits.maxMessages, depthLeft: maxDepth };
  const {
    symbols = [],
    timeseries = [],
    metadata = [],
  } = decodeMessage(body, requestOf[version], budget) as WireRequest;
  return {
    series: timeseries.map((one) => seriesOf(one, symbols)),
    types: metadata.map(({ type, metricFamilyName = '' }) => ({
      family: metricFamilyName,
      type: typeOf(type),
    })),
  };
}

function seriesOf(wire: WireSeries, symbols: readonly string[]): RemoteSeries {
  const { labels, labelsRefs, samples = [], histograms = [], exemplars = [], metadata } = wire;
  const createdMs = instant(wire.createdTimestamp);
  const known = labels === undefined ? labelsAt(labelsRefs ?? [], symbols) : labelsIn(labels);
  const type = typeOf(metadata?.type);
  return {
    labels: known,
    type: type === 'unknown' ? typeNamed(known?.get(typeLabel)) : type,
    unit: symbols[metadata?.unitRef ?? 0] || (known?.get(unitLabel) ?? ''),
    samples: samples.map(({ value = 0, timestamp, startTimestamp }) => ({
      atMs: instant(timestamp),
      startMs: instant(startTimestamp) || createdMs,
      value,
    })),
    histograms: histograms.map((one) => histogramOf(one, createdMs)),
    exemplars: exemplars.length,
  };
}

function labelsIn(pairs: NonNullable<WireSeries['labels']>): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const { name = '', value = '' } of pairs) if (value !== '') labels.set(name, value);
  return labels;
}

function labelsAt(refs: readonly number[], symbols: readonly string[]): ReadonlyMap<string, string> | null {
  if (refs.length % 2 !== 0) return null;
  const labels = new Map<string, string>();
  for (let at = 0; at < refs.length; at += 2) {
    const name = symbols[refs[at] ?? -1];
    const value = symbols[refs[at + 1] ?? -1];
    if (name === undefined || value === undefined) return null;
    if (value !== '') labels.set(name, value);
  }
  return labels;
}

function histogramOf(wire: WireHistogram, createdMs: number): NativeHistogram {
  const spans = (given: readonly Partial<Span>[] = []): readonly Span[] =>
    given.map(({ offset = 0, length = 0 }) => ({ offset, length }));
  return {
    atMs: instant(wire.timestamp),
    startMs: instant(wire.startTimestamp) || createdMs,
    sum: wire.sum ?? 0,
    schema: wire.schema ?? 0,
    zeroThreshold: wire.zeroThreshold ?? 0,
    zeroCount: wire.zeroCountInt ?? wire.zeroCountFloat ?? 0,
    isGauge: wire.resetHint === gaugeHint,
    negative: {
      spans: spans(wire.negativeSpans),
      deltas: wire.negativeDeltas ?? [],
      counts: wire.negativeCounts ?? [],
    },
    positive: {
      spans: spans(wire.positiveSpans),
      deltas: wire.positiveDeltas ?? [],
      counts: wire.positiveCounts ?? [],
    },
    customValues: wire.customValues ?? [],
  };
}
const gaugeHint = 3;

/** Labels that hold type and unit where Prometheus has the feature `type-and-unit-labels`, in both versions. */
export const typeLabel = '__type__';
export const unitLabel = '__unit__';

function typeNamed(given: string | undefined): MetricType {
  return metricTypes.find((type) => type === given) ?? 'unknown';
}

function typeOf(number: number | undefined): MetricType {
  return metricTypes[number ?? 0] ?? 'unknown';
}

function instant(given: number | bigint | undefined): number {
  return Number(given ?? 0);
}
