// What a diagnosis would have needed and did not get, in words for people. Policy lowers autonomy for it, so only
// what could have changed the answer is named.

import type { Features } from './features.ts';
import type { DiagnosisInput } from './input.ts';
import { seconds } from './names.ts';
import { atLeast } from './paces.ts';

/** Newest data older than this say nothing about now. */
const staleMs = 15_000;
/** A past shorter than this is no baseline. */
const shortPastMs = 10_000;

export function missingEvidence(input: DiagnosisInput, features: Features): readonly string[] {
  const found: string[] = [...input.missing];
  const { calls, metrics, targets, nowMs } = input;
  const { windows } = features;
  const stepMs = calls.length > 0 ? windows.stepMs : metricPace(features);
  if (calls.length === 0) found.push('calls: no traces of any service');
  if (metrics.length === 0) found.push('resources: no metrics of any service');
  if (targets.length === 0) found.push('targets: no executor reported a state');
  const newestMs = Math.max(newest(calls), newest(metrics));
  const ageMs = nowMs - newestMs;
  if ((calls.length > 0 || metrics.length > 0) && ageMs > atLeast(staleMs, 2.5, stepMs)) {
    found.push(`fresh telemetry: nothing for ${seconds(ageMs)}`);
  }
  if (calls.length > 0 && windows.before.toMs - windows.before.fromMs < atLeast(shortPastMs, 2, stepMs)) {
    found.push('history: too little from before the onset to compare with');
  }
  return [...new Set(found)];
}

function metricPace({ services }: Features): number {
  return Math.max(...[...services.values()].map(({ resources }) => resources.stepMs));
}

function newest(rows: readonly { readonly atMs: number }[]): number {
  return rows.reduce((last, { atMs }) => Math.max(last, atMs), 0);
}
