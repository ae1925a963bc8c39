// How an incident keeps its anomalies: a bounded number by id, the most telling ones, the rest only counted; and what
// they say together about the symptom.

import { type Anomaly, isUserFacing } from '../detection/anomaly.ts';
import { fnv1a64 } from '../detection/hash.ts';
import type { Severity } from '../scope.ts';
import type { IncidentState } from './state.ts';

/** An incident's state travels in every record and query answer: 64 anomalies are about 40 kB of it. */
export const maxKeptAnomalies = 64;

/** Past this an incident is a storm: further anomalies say nothing new, and each costs history and storage. */
export const maxSeenAnomalies = 1_000;

type Anomalies = IncidentState['anomalies'];
type Seen = { readonly anomalies: Anomalies; readonly notKept?: readonly string[] };

const severityRank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** Whether the left severity is the graver one. */
export function moreSevere(left: Severity, right: Severity): boolean {
  return severityRank[left] > severityRank[right];
}

/** The graver of two severities. */
export function graver(left: Severity, right: Severity): Severity {
  return moreSevere(right, left) ? right : left;
}

/**
 * Of an alert that fires again: its occurrence before, which is over. (A measured series keeps them: what was normal before
 * the first one is what a recovery is measured by.)
 */
export function earlierOccurrence(kept: Anomalies, anomaly: Anomaly): Anomaly | undefined {
  if (anomaly.detector !== 'external') return undefined;
  return Object.values(kept).find(
    ({ id, seriesKey, state }) => id !== anomaly.id && seriesKey === anomaly.seriesKey && state === 'cleared',
  );
}

/** True when the anomaly brings back what was over: an alert that fires again, or any symptom after all had cleared. */
export function comesBack(state: Pick<IncidentState, 'anomalies'>, anomaly: Anomaly): boolean {
  return earlierOccurrence(state.anomalies, anomaly) !== undefined || symptomsGone(state);
}

/**
 * Adds an anomaly; it takes the place of the occurrence of its alert before, and when the place is full that of a less telling
 * one, or is left out.
 */
export function keepAnomaly(all: Anomalies, anomaly: Anomaly): Anomalies {
  const earlier = earlierOccurrence(all, anomaly);
  const kept =
    earlier === undefined ? all : Object.fromEntries(Object.entries(all).filter(([id]) => id !== earlier.id));
  if (kept[anomaly.id] !== undefined || Object.keys(kept).length < maxKeptAnomalies) {
    return { ...kept, [anomaly.id]: anomaly };
  }
  const [least] = Object.values(kept).toSorted((left, right) => weight(left) - weight(right));
  if (least === undefined || weight(least) >= weight(anomaly)) return kept;
  const { [least.id]: _dropped, ...rest } = kept;
  return { ...rest, [anomaly.id]: anomaly };
}

/** Whether it was seen before, kept or not. */
export function wasSeen(state: Seen, anomalyId: string): boolean {
  return state.anomalies[anomalyId] !== undefined || (state.notKept ?? []).includes(fnv1a64(anomalyId));
}

/** The digests of what was seen and is not kept, now that `anomaly` was added and these are `kept`; absent: there is none. */
export function notKept(state: Seen, anomaly: Anomaly, kept: Anomalies): Pick<IncidentState, 'notKept'> {
  const gone = [...Object.keys(state.anomalies), anomaly.id].filter((id) => kept[id] === undefined);
  if (gone.length === 0) return {};
  return { notKept: [...(state.notKept ?? []), ...gone.map(fnv1a64)].slice(-maxSeenAnomalies) };
}

/** Marks an anomaly as over; unknown ids change nothing. */
export function clearAnomaly(kept: Anomalies, anomalyId: string, clearedMs: number): Anomalies {
  const anomaly = kept[anomalyId];
  if (anomaly === undefined) return kept;
  return { ...kept, [anomalyId]: { ...anomaly, state: 'cleared', clearedMs } };
}

/**
 * The anomalies whose end means that the trouble is over: those that users feel and those graver than `info`; when there
 * are none of these, all of them.
 */
export function symptoms(state: Pick<IncidentState, 'anomalies'>): readonly Anomaly[] {
  const all = Object.values(state.anomalies);
  const telling = all.filter((anomaly) => isUserFacing(anomaly.signal) || anomaly.severity !== 'info');
  return telling.length > 0 ? telling : all;
}

/** True when there was a symptom and all of it has cleared. It is a hint: only a verification says `recovered`. */
export function symptomsGone(state: Pick<IncidentState, 'anomalies'>): boolean {
  const relevant = symptoms(state);
  return relevant.length > 0 && relevant.every((anomaly) => anomaly.state === 'cleared');
}

/** What is firing and nobody has looked at yet: `judged` are the ids that an analysis, a look or a person has seen. */
export function unjudged(
  state: Pick<IncidentState, 'anomalies'>,
  judged: readonly string[],
): readonly Anomaly[] {
  const seen = new Set(judged);
  return Object.values(state.anomalies).filter(({ id, state: is }) => is === 'firing' && !seen.has(id));
}

/** Those of them that are symptoms. */
export function unjudgedSymptoms(
  state: Pick<IncidentState, 'anomalies'>,
  judged: readonly string[],
): readonly Anomaly[] {
  const telling = new Set(symptoms(state).map(({ id }) => id));
  return unjudged(state, judged).filter(({ id }) => telling.has(id));
}

/** Firing before cleared, then graver, then felt by users. */
function weight(anomaly: Anomaly): number {
  const firing = anomaly.state === 'firing' ? 10 : 0;
  return firing + severityRank[anomaly.severity] * 2 + (isUserFacing(anomaly.signal) ? 1 : 0);
}
