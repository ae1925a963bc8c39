// What systems outside hold about an incident's services: asked when it is diagnosed, and stored with what was found, for people and for a
// model to read. No cause is found by it: it is of whatever length and interval those systems keep.

import type { Evidence } from './diagnosis.ts';
import { round, shown } from './names.ts';

export type OutsideSeries = {
  readonly service: string;
  /** Of the rule or the metric. */
  readonly name: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
};

export type OutsideLine = {
  readonly atMs: number;
  readonly service: string;
  readonly severityNumber: number;
  /** Text of somebody else's program, without secrets. */
  readonly text: string;
};

export type OutsideView = {
  /** As in configuration: `loki/main`. */
  readonly from: string;
  readonly series: readonly OutsideSeries[];
  /** In the order of their time. */
  readonly lines: readonly OutsideLine[];
  /** Why it is less than it could be; null when it is all that was asked for. */
  readonly problem: string | null;
};

/** Of each system. */
export const mostOutsideLines = 200;
export const mostOutsideSeries = 20;
export const mostOutsideLineChars = 500;

const errorSeverity = 17;

type Asked = {
  readonly outside?: readonly OutsideView[];
  readonly environment: string;
  readonly onsetMs: number;
  readonly nowMs: number;
};

/** Ids are `O1`, `O2`, …; `O2.1` in a second analysis. Findings hold names and numbers only. */
export function outsideEvidence(
  { outside = [], environment, onsetMs, nowMs }: Asked,
  analysis: number,
): readonly Evidence[] {
  const found = outside.flatMap((view) => [
    ...view.series.flatMap((series) => ofSeries(view.from, series, environment, onsetMs)),
    ...ofLines(view, environment, onsetMs, nowMs),
  ]);
  const prefix = analysis === 1 ? 'O' : `O${analysis}.`;
  return found.map((one, index) => ({ id: `${prefix}${index + 1}`, provenance: 'measured', ...one }));
}

type Found = Omit<Evidence, 'id' | 'provenance'>;

function ofSeries(
  from: string,
  { service, name, points }: OutsideSeries,
  environment: string,
  onsetMs: number,
): readonly Found[] {
  const last = points.at(-1);
  if (last === undefined) return [];
  const before = mean(points.filter(({ atMs }) => atMs < onsetMs));
  const since = mean(points.filter(({ atMs }) => atMs >= onsetMs));
  const was = before === null ? 'unknown' : String(round(before));
  const is = since === null ? 'unknown' : String(round(since));
  return [
    {
      ...{ source: from, scope: { environment, service } },
      fromMs: points[0]?.atMs ?? last.atMs,
      toMs: last.atMs,
      finding: `${shown(name)} of ${shown(service)} was ${was} on average before the onset and is ${is} since, as ${shown(from)} has it.`,
      figures: {
        ...(before === null ? {} : { before: round(before) }),
        ...(since === null ? {} : { since: round(since) }),
        last: round(last.value),
      },
    },
  ];
}

function ofLines(
  { from, lines }: OutsideView,
  environment: string,
  onsetMs: number,
  nowMs: number,
): readonly Found[] {
  return [...new Set(lines.map(({ service }) => service))].map((service) => {
    const own = lines.filter((line) => line.service === service);
    const errors = own.filter(({ severityNumber }) => severityNumber >= errorSeverity).length;
    return {
      ...{ source: from, scope: { environment, service } },
      fromMs: own[0]?.atMs ?? onsetMs,
      toMs: own.at(-1)?.atMs ?? nowMs,
      finding: `${own.length} log lines of ${shown(service)} around the onset were read from ${shown(from)}, ${errors} of them errors.`,
      figures: { lines: own.length, errors },
    };
  });
}

function mean(points: readonly { readonly value: number }[]): number | null {
  return points.length === 0 ? null : points.reduce((sum, { value }) => sum + value, 0) / points.length;
}
