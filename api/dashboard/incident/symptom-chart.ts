// The chart of an incident: the series that says most about its symptom, from a while before the onset until it was over,
// with what was expected and the moments of its life.

import { parseSeriesKey, type SeriesRef } from '../../../domain/detection/series.ts';
import { symptoms } from '../../../domain/incident/anomalies.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { TelemetryHistory } from '../../ports/telemetry.ts';
import type { Chart, Mark } from '../charts/chart.ts';
import { expectedBand } from '../charts/expected.ts';
import { readPoints, seriesName, unitOf } from '../charts/points.ts';

/** What a series was like before is told by this much of it. */
const beforeMs = 5 * 60_000;
/** And as much of that is shown as leaves room to see what happened. */
const leastShownBeforeMs = 60_000;
const shownBeforeShare = 3;
const afterMs = 60_000;
/** Longer than this a chart of seconds says nothing; the explorer shows more. */
const longestMs = 6 * 3_600_000;

export type MainSeries = { readonly ref: SeriesRef; readonly key: string; readonly expected: number | null };

/** The series of the gravest symptom that history can show. Alerts from outside have none: then the service's errors. */
export function mainSeries(state: Pick<IncidentState, 'anomalies' | 'scope'>): MainSeries {
  const rank = { info: 0, warning: 1, critical: 2 };
  const measured = symptoms(state)
    .map((anomaly) => ({ anomaly, ref: parseSeriesKey(anomaly.seriesKey) }))
    .toSorted(
      (left, right) =>
        rank[right.anomaly.severity] - rank[left.anomaly.severity] ||
        Number(right.anomaly.scope.service === state.scope.service) -
          Number(left.anomaly.scope.service === state.scope.service) ||
        left.anomaly.onsetMs - right.anomaly.onsetMs,
    );
  for (const { anomaly, ref } of measured) {
    if (ref !== null) return { ref, key: anomaly.seriesKey, expected: anomaly.expected };
  }
  const { environment, service } = state.scope;
  const ref = { kind: 'calls', environment, service, side: 'server', peer: '', measure: 'errors' } as const;
  return { ref, key: '', expected: null };
}

/** Where to look for the incident in any series. */
export function incidentRange(
  { onsetMs, closedAtMs }: Pick<IncidentState, 'onsetMs' | 'closedAtMs'>,
  nowMs: number,
) {
  const toMs = closedAtMs === null ? nowMs : Math.min(nowMs, closedAtMs + afterMs);
  return { fromMs: Math.max(onsetMs - beforeMs, toMs - longestMs), toMs: Math.max(toMs, onsetMs + 1000) };
}

/** Throws when history cannot be reached. */
export async function symptomChart(
  history: TelemetryHistory,
  state: IncidentState,
  timeline: readonly IncidentEvent[],
  nowMs: number,
): Promise<Chart> {
  const { ref, expected } = mainSeries(state);
  const range = incidentRange(state, nowMs);
  const points = await readPoints(history, ref, range);
  const unit = unitOf(ref);
  const lastedMs = range.toMs - state.onsetMs;
  const shownBeforeMs = Math.min(beforeMs, Math.max(leastShownBeforeMs, lastedMs * shownBeforeShare));
  const shown = { ...range, fromMs: Math.max(range.fromMs, state.onsetMs - shownBeforeMs) };
  return {
    name: seriesName(ref),
    unit,
    range: shown,
    points: points.filter(({ atMs }) => atMs >= shown.fromMs),
    band: expectedBand(points, state.onsetMs, expected, unit),
    marks: marksOf(state, timeline).filter(({ atMs }) => atMs >= shown.fromMs && atMs <= shown.toMs),
  };
}

/** Moments closer than this are one mark with both names. */
const togetherMs = 1_500;

/** The moments of an incident's life that a chart shows, oldest first. */
export function marksOf(
  state: Pick<IncidentState, 'onsetMs'>,
  timeline: readonly IncidentEvent[],
): readonly Mark[] {
  const firstEffectMs =
    timeline.find(({ type }) => type === 'effect-applied')?.atMs ?? Number.POSITIVE_INFINITY;
  const marks: Mark[] = [{ atMs: state.onsetMs, kind: 'onset', label: 'onset' }];
  for (const event of timeline) {
    const mark = markOf(event, event.atMs > firstEffectMs);
    if (mark !== null) marks.push({ atMs: event.atMs, ...mark });
  }
  const merged: Mark[] = [];
  for (const mark of marks.toSorted((left, right) => left.atMs - right.atMs)) {
    const last = merged.at(-1);
    if (last === undefined || mark.atMs - last.atMs >= togetherMs) merged.push(mark);
    else merged[merged.length - 1] = { ...last, label: `${last.label}, ${mark.label}` };
  }
  return merged;
}

/** `acted`: something was done before; until then a look at the symptom is no moment of its own. */
function markOf(event: IncidentEvent, acted: boolean): Omit<Mark, 'atMs'> | null {
  switch (event.type) {
    case 'incident-opened':
      return { kind: 'detected', label: 'detected' };
    case 'effect-applied':
      return event.direction === 'forward'
        ? { kind: 'action', label: 'action' }
        : { kind: 'undo', label: 'undone' };
    case 'effect-failed':
      return { kind: 'failed', label: event.direction === 'forward' ? 'action failed' : 'undo failed' };
    case 'verified':
      if (event.result.outcome === 'recovered') return { kind: 'verified', label: 'verified' };
      return acted
        ? { kind: 'failed', label: event.result.outcome === 'unverified' ? 'cannot tell' : 'no help' }
        : null;
    case 'incident-closed':
      return { kind: 'closed', label: 'closed' };
    default:
      return null;
  }
}
