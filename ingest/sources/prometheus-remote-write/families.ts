// What kind of metric a series is: by its type where the sender tells it (version 2.0 with each series, version 1.0 now and then by
// itself), else by the suffixes that Prometheus' conventions give. Source: prometheus.io/docs/practices/naming.

import type { MetricType } from './request.ts';
import type { Labels } from './subjects.ts';

export type Role =
  | { readonly is: 'gauge' }
  | { readonly is: 'counter' }
  /** A piece of a classic histogram. */
  | { readonly is: 'bucket' | 'sum' | 'count'; readonly family: string }
  | { readonly is: 'ignored'; readonly why: 'gauge-histogram' | 'created-series' };

const mostRemembered = 20_000;
/** Which families a series with such an ending may belong to. */
const endings: readonly (readonly [suffix: string, types: readonly MetricType[]])[] = [
  ['_bucket', ['histogram', 'gaugehistogram']],
  ['_count', ['histogram', 'summary']],
  ['_sum', ['histogram', 'summary']],
  ['_gcount', ['gaugehistogram']],
  ['_gsum', ['gaugehistogram']],
  ['_total', ['counter']],
  ['_created', ['counter', 'histogram', 'summary']],
  ['_info', ['info']],
];

export class Families {
  readonly #types = new Map<string, MetricType>();

  /** What version 1.0 says of a family. */
  note(family: string, type: MetricType): void {
    if (type === 'unknown' || family === '') return;
    this.#types.delete(family);
    this.#types.set(family, type);
    const [oldest] = this.#types.keys();
    if (this.#types.size > mostRemembered && oldest !== undefined) this.#types.delete(oldest);
  }

  /** A family of which nobody said what it is, but which has buckets. */
  noteBuckets(family: string): void {
    if (!this.#types.has(family)) this.note(family, 'histogram');
  }

  roleOf(name: string, labels: Labels, given: MetricType): Role {
    const type = given === 'unknown' ? this.#typeOf(name) : given;
    const hasEnding = (suffix: string): boolean => name.endsWith(suffix);
    const part = (is: 'bucket' | 'sum' | 'count'): Role => ({ is, family: name.slice(0, -`_${is}`.length) });
    if (type === 'gaugehistogram') return { is: 'ignored', why: 'gauge-histogram' };
    const counts = type !== 'gauge' && type !== 'info' && type !== 'stateset';
    if (!counts) return { is: 'gauge' };
    if (hasEnding('_created')) return { is: 'ignored', why: 'created-series' };
    if (type === 'counter') return { is: 'counter' };
    if (type !== 'summary' && hasEnding('_bucket') && labels.has('le')) return part('bucket');
    if (type === 'histogram')
      return hasEnding('_sum') ? part('sum') : hasEnding('_count') ? part('count') : gauge;
    if (type === 'summary') return hasEnding('_sum') || hasEnding('_count') ? counter : gauge;
    return ['_total', '_sum', '_count'].some(hasEnding) ? counter : gauge;
  }

  #typeOf(name: string): MetricType {
    const own = this.#types.get(name);
    if (own !== undefined) return own;
    for (const [suffix, types] of endings) {
      if (!name.endsWith(suffix)) continue;
      const type = this.#types.get(name.slice(0, -suffix.length));
      if (type !== undefined && types.includes(type)) return type;
    }
    return 'unknown';
  }
}
const gauge: Role = { is: 'gauge' };
const counter: Role = { is: 'counter' };

/** The family of a bucket; null for any other series. */
export function bucketFamilyOf(name: string, labels: Labels): string | null {
  return name.endsWith('_bucket') && labels.has('le') ? name.slice(0, -'_bucket'.length) : null;
}
