// One write request, decompressed, to metric points. What cannot be used is counted with its reason and keeps nothing else out.

import type { MetricPoint } from '../../../domain/observation.ts';
import type { IngestLimits } from '../../limits.ts';
import type { Decoded } from '../../otlp/decode.ts';
import type { HistogramBuckets } from '../../otlp/histogram.ts';
import { Tally } from '../../otlp/tally.ts';
import { timeProblem } from '../../otlp/timing.ts';
import { cleanText } from '../../text.ts';
import { ClassicHistograms, type Whole } from './classic-histograms.ts';
import type { RemoteWriteSettings } from './config.ts';
import { bucketFamilyOf, Families } from './families.ts';
import type { RemoteWriteVersion } from './messages.ts';
import { type KnownAs, knownAs, statusAttribute, statusLabelOf, unitOf } from './names.ts';
import { nativeBuckets } from './native-histograms.ts';
import { type RemoteSeries, readRequest, type Sample } from './request.ts';
import { type Labels, type Subject, Subjects, unknownService } from './subjects.ts';

/** What is remembered from one request to the next. All of it is bounded, and may be lost. */
export type WriteMemory = {
  readonly subjects: Subjects;
  readonly families: Families;
  readonly histograms: ClassicHistograms<Described>;
};

export function createWriteMemory(settings: RemoteWriteSettings): WriteMemory {
  return {
    subjects: new Subjects(settings),
    families: new Families(),
    histograms: new ClassicHistograms(),
  };
}

export type WriteContext = {
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly nowMs: number;
  readonly settings: RemoteWriteSettings;
  readonly memory: WriteMemory;
};

/** `received`: how many of each the request had; of those, `rejectedHistograms` native ones are of no use. */
export type DecodedWrite = Decoded & {
  readonly received: { readonly samples: number; readonly histograms: number; readonly exemplars: number };
  readonly rejectedHistograms: number;
};

/** What all points of a series have in common. */
type Described = Pick<MetricPoint, 'scope' | 'metric' | 'unit' | 'attributes'>;

/** Of Prometheus itself: which of its own alerts are pending and firing. Those come through Alertmanager. */
const ownAlerts = new Set(['ALERTS', 'ALERTS_FOR_STATE']);

/** Throws `Malformed` or `TooMany` for what is no such request. */
export function decodeWrite(
  version: RemoteWriteVersion,
  body: Uint8Array,
  context: WriteContext,
): DecodedWrite {
  const { series, types } = readRequest(version, body, context.limits);
  const { families } = context.memory;
  for (const { family, type } of types) families.note(family, type);
  for (const { labels, type } of series) {
    const family = labels === null || type !== 'unknown' ? null : bucketFamilyOf(nameOf(labels), labels);
    if (family !== null) families.noteBuckets(family);
  }
  return new Decoding(context).run(series, types.length);
}

function nameOf(labels: Labels): string {
  return labels.get('__name__') ?? '';
}

class Decoding {
  readonly #context: WriteContext;
  readonly #tally = new Tally();
  readonly #points: MetricPoint[] = [];
  readonly #subjects = new Set<Subject>();
  #rejectedHistograms = 0;

  constructor(context: WriteContext) {
    this.#context = context;
  }

  run(series: readonly RemoteSeries[], metadata: number): DecodedWrite {
    const { memory, limits } = this.#context;
    const received = { samples: 0, histograms: 0, exemplars: 0 };
    for (const one of series) {
      received.samples += one.samples.length;
      received.histograms += one.histograms.length;
      received.exemplars += one.exemplars;
      this.#read(one);
    }
    memory.histograms.settle(this.#tellWhole, limits.maxHistogramBuckets);
    this.#tally.note('exemplars', received.exemplars);
    this.#tally.note('metadata', metadata);
    const resources = [...this.#subjects].flatMap(({ scope, resource }) => {
      const { environment, service, resourceId } = scope;
      return resource === null || resourceId === undefined
        ? []
        : [{ environment, service, resourceId, attributes: resource }];
    });
    const rejectedHistograms = this.#rejectedHistograms;
    return { observations: this.#points, tally: this.#tally, resources, received, rejectedHistograms };
  }

  #read(series: RemoteSeries): void {
    const { memory, limits, defaultEnvironment } = this.#context;
    const { labels } = series;
    const name = labels === null ? '' : nameOf(labels);
    const points = series.samples.length + series.histograms.length;
    if (labels === null || name === '') {
      const scope = { environment: defaultEnvironment, service: unknownService };
      this.#rejectedHistograms += series.histograms.length;
      if (labels === null) this.#tally.reject('malformed', 'a series without its symbols', scope, points);
      else this.#tally.reject('no-name', 'a series without name', scope, points);
    } else if (ownAlerts.has(name)) {
      this.#tally.note('alerts-series', points);
    } else {
      const subject = memory.subjects.of(labels, limits, defaultEnvironment);
      this.#subjects.add(subject);
      if (subject.serviceUnknown) this.#tally.note('unknown-service', points);
      if (subject.environmentUnknown) this.#tally.note('default-environment', points);
      const named = { ...series, labels, name, subject };
      if (series.histograms.length > 0) this.#natives(named);
      if (series.samples.length > 0) this.#samples(named);
    }
  }

  #samples(series: Named): void {
    const { memory, settings } = this.#context;
    const { name, labels, samples } = series;
    const role = memory.families.roleOf(name, labels, series.type);
    if (role.is === 'ignored') this.#tally.note(role.why, samples.length);
    else if (role.is === 'gauge' || role.is === 'counter') {
      const meant = knownAs(name, settings.names);
      this.#values(series, role.is, meant?.onlyHistograms ? null : meant);
    } else this.#pieces(series, role.is, role.family);
  }

  #values(series: Named, is: 'gauge' | 'counter', known: KnownAs | null): void {
    const described = this.#describe(series, series.name, known);
    const counts = is === 'counter' && known?.asGauge !== true;
    for (const { atMs, startMs, value } of this.#usable(series.samples, described)) {
      if (known?.positive && value <= 0) continue;
      const point = { ...described, atMs, value };
      this.#points.push(
        counts
          ? { kind: 'counter', ...point, startMs, temporality: 'cumulative' }
          : { kind: 'gauge', ...point },
      );
    }
  }

  #pieces(series: Named, is: 'bucket' | 'sum' | 'count', family: string): void {
    const { memory, limits, settings } = this.#context;
    const { labels, samples, subject } = series;
    const described = this.#describe(series, family, knownAs(family, settings.names));
    const bound = is === 'bucket' ? boundOf(labels.get('le') ?? '') : 0;
    if (Number.isNaN(bound)) {
      this.#tally.reject('bad-histogram', `metric ${described.metric}`, subject.scope, samples.length);
      return;
    }
    const key = keyOf(family, labels);
    for (const { atMs, startMs, value } of this.#usable(samples, described)) {
      const piece = { key, atMs, startMs, value, series: described };
      memory.histograms.add(
        is === 'bucket' ? { ...piece, is, bound } : { ...piece, is },
        this.#tellWhole,
        limits.maxHistogramBuckets,
      );
    }
  }

  #natives(series: Named): void {
    const { settings, limits } = this.#context;
    const described = this.#describe(series, series.name, knownAs(series.name, settings.names));
    for (const histogram of series.histograms) {
      const { atMs, startMs, sum, isGauge } = histogram;
      const buckets = nativeBuckets(histogram, limits.maxHistogramBuckets);
      const problem = timeProblem(atMs, this.#context);
      if (problem === null && sum === 'stale') this.#tally.note('series-ended');
      else if (problem === null && isGauge) this.#tally.note('gauge-histogram');
      else if (problem !== null || buckets === null || sum === 'stale') {
        this.#rejectedHistograms += 1;
        this.#tally.reject(problem ?? 'bad-histogram', `metric ${described.metric}`, described.scope);
      } else this.#histogram(described, { atMs, startMs, sum }, buckets);
    }
  }

  #describe({ labels, subject, unit }: Named, family: string, known: KnownAs | null): Described {
    const { memory, limits } = this.#context;
    const metric = known?.metric ?? cleanText(family, limits.maxNameChars);
    const { attributes, cut } = memory.subjects.attributesOf(labels, subject, limits);
    this.#tally.note('attributes-cut', cut);
    const status = statusLabelOf(metric, labels);
    if (status !== null) {
      attributes[statusAttribute] = labels.get(status) ?? '';
      delete attributes[status];
    }
    return {
      scope: subject.scope,
      metric,
      unit: known?.unit ?? (cleanText(unit, limits.maxNameChars) || unitOf(family)),
      attributes,
    };
  }

  *#usable(
    samples: readonly Sample[],
    { metric, scope }: Described,
  ): Generator<Sample & { readonly value: number }> {
    for (const { atMs, startMs, value } of samples) {
      const problem = timeProblem(atMs, this.#context);
      if (problem !== null) this.#tally.reject(problem, `metric ${metric}`, scope);
      else if (value === 'stale') this.#tally.note('series-ended');
      // Prometheus has no other way to say that there is no value: a quantile of nothing, a ratio of nothing.
      else if (!Number.isFinite(value)) this.#tally.note('no-number');
      else yield { atMs, startMs, value };
    }
  }

  readonly #tellWhole = ({ series, buckets, ...when }: Whole<Described>): void => {
    if (buckets === null) this.#tally.reject('bad-histogram', `metric ${series.metric}`, series.scope);
    else this.#histogram(series, when, buckets);
  };

  #histogram(
    described: Described,
    { atMs, startMs, sum }: Pick<Whole<Described>, 'atMs' | 'startMs' | 'sum'>,
    buckets: HistogramBuckets,
  ): void {
    if (!Number.isFinite(sum)) this.#tally.note('sum-ignored');
    this.#points.push({
      kind: 'histogram',
      ...described,
      ...{ atMs, startMs, temporality: 'cumulative' as const },
      sum: Number.isFinite(sum) ? sum : 0,
      ...buckets,
    });
  }
}

/** A series that has a name and is about something. */
type Named = RemoteSeries & { readonly name: string; readonly labels: Labels; readonly subject: Subject };

/** NaN for what is no bound. */
function boundOf(le: string): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : le.trim() === '' ? Number.NaN : Number(le);
}

function keyOf(family: string, labels: Labels): string {
  let key = family;
  for (const [name, value] of labels)
    if (name !== 'le' && name !== '__name__') key += `\u0000${name}\u0000${value}`;
  return key;
}
