// The name of a series: one text that says where in history the samples of an anomaly are found. Detection writes it
// into every anomaly; whoever looks at the symptom again (diagnosis, verification) parses it back.
// Form: `kind/part/part/…`, every part percent-encoded, so that hostile names cannot fake another series.

import type { CallBucket, LogBucket, MetricBucket } from '../telemetry.ts';

/** What is looked at in the call buckets of one side of one edge, all instances together. */
export const callMeasures = ['errors', 'latency-p50', 'latency-p95', 'traffic'] as const;
export type CallMeasure = (typeof callMeasures)[number];

export type SeriesRef =
  | {
      readonly kind: 'calls';
      readonly environment: string;
      readonly service: string;
      readonly side: 'server' | 'client';
      /** Empty for the server side. */
      readonly peer: string;
      readonly measure: CallMeasure;
    }
  | {
      readonly kind: 'metric';
      readonly environment: string;
      readonly service: string;
      readonly instance: string;
      readonly metric: string;
      readonly attributes: string;
    }
  | {
      readonly kind: 'log';
      readonly environment: string;
      readonly service: string;
      readonly templateId: string;
    }
  | {
      readonly kind: 'absence';
      readonly environment: string;
      readonly service: string;
      /** Empty: the whole service. */
      readonly instance: string;
    };

/** The text of a series; the same series always has the same text, and no two share one. */
export function seriesKey(ref: SeriesRef): string {
  switch (ref.kind) {
    case 'calls':
      return join([ref.kind, ref.environment, ref.service, ref.side, ref.peer, ref.measure]);
    case 'metric':
      return join([ref.kind, ref.environment, ref.service, ref.instance, ref.metric, ref.attributes]);
    case 'log':
      return join([ref.kind, ref.environment, ref.service, ref.templateId]);
    case 'absence':
      return join([ref.kind, ref.environment, ref.service, ref.instance]);
  }
}

/** The series of a key, or null when the text is not one (such as the key of an alert from outside). */
export function parseSeriesKey(key: string): SeriesRef | null {
  const parts = key.split('/').map(decode);
  if (parts.includes(null)) return null;
  const [kind, environment = '', service = '', third = '', fourth = '', fifth = ''] = parts as string[];
  if (kind === 'calls' && parts.length === 6 && isSide(third) && isMeasure(fifth))
    return { kind, environment, service, side: third, peer: fourth, measure: fifth };
  if (kind === 'metric' && parts.length === 6)
    return { kind, environment, service, instance: third, metric: fourth, attributes: fifth };
  if (kind === 'log' && parts.length === 4) return { kind, environment, service, templateId: third };
  if (kind === 'absence' && parts.length === 4) return { kind, environment, service, instance: third };
  return null;
}

/** True when the row of history belongs to the series (rows are of one environment, which they do not repeat). */
export function isCallRowOf(ref: SeriesRef, row: CallBucket): boolean {
  return (
    ref.kind === 'calls' && row.service === ref.service && row.side === ref.side && row.peer === ref.peer
  );
}

export function isMetricRowOf(ref: SeriesRef, row: MetricBucket): boolean {
  return (
    ref.kind === 'metric' &&
    row.service === ref.service &&
    row.instance === ref.instance &&
    row.metric === ref.metric &&
    row.attributes === ref.attributes
  );
}

export function isLogRowOf(ref: SeriesRef, row: LogBucket): boolean {
  return ref.kind === 'log' && row.service === ref.service && row.templateId === ref.templateId;
}

function join(parts: readonly string[]): string {
  return parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/');
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function isSide(text: string): text is 'server' | 'client' {
  return text === 'server' || text === 'client';
}

function isMeasure(text: string): text is CallMeasure {
  return (callMeasures as readonly string[]).includes(text);
}
