// Is the symptom gone? Answers from the symptom's own series and the scope's health, with enough fresh samples; a series
// that went silent can keep an incident open, but never close it.

import type { VerificationResult } from './verification.ts';
import { controlImproved } from './verify-control.ts';
import type { VerificationInput } from './verify-input.ts';
import { judgeHealth, judgeSymptoms } from './verify-symptoms.ts';
import { cutTimes, type Judged } from './verify-windows.ts';

/**
 * `recovered` only when every symptom series that can be measured, and at least one, is back near normal over a whole
 * window of fresh samples, and the health of target and entries is no worse than before. `not-recovered` when fresh
 * samples show that one is not; settled once that has lasted. Everything else is `unverified`: ask again later.
 */
export function verify(input: VerificationInput): VerificationResult {
  const times = cutTimes(input, input.config);
  const symptoms = judgeSymptoms(input, times);
  const health = judgeHealth(input, times);
  const all = [...symptoms, ...health];
  const bad = all.filter(({ ok }) => ok === false);
  const open = all.filter(({ ok }) => ok === null);
  const figures = {
    freshSamples: symptoms.reduce((sum, { samples }) => sum + samples, 0),
    series: eachOnce([...symptoms, ...bad]).map(shownSeries),
    controlImprovedToo: false,
  };
  if (bad.length > 0) {
    const lasting = bad.some(
      (one) => one.improving !== true && one.freshSeconds >= input.config.stillBadSeconds,
    );
    const reason = `Still not normal: ${names(bad)}.`;
    const improving = bad.every((one) => one.improving === true);
    return { ...figures, outcome: 'not-recovered', settled: lasting, improving, reason };
  }
  if (symptoms.length === 0) {
    const reason = 'None of the symptoms can be measured again.';
    return { ...figures, outcome: 'unverified', settled: false, reason };
  }
  if (open.length > 0) {
    const reason = `Not enough fresh samples yet: ${names(open)}.`;
    return { ...figures, outcome: 'unverified', settled: false, reason };
  }
  return {
    ...figures,
    outcome: 'recovered',
    settled: true,
    reason: `Back to normal: ${names(symptoms)}.`,
    controlImprovedToo: controlImproved(input, times),
  };
}

/** A series may be the symptom and a sign of the scope's health; the worse judgement of the two is shown. */
function eachOnce(judged: readonly Judged[]): readonly Judged[] {
  const bySeries = new Map<string, Judged>();
  for (const one of judged) {
    const known = bySeries.get(one.seriesKey);
    if (known === undefined || (one.ok === false && known.ok !== false)) bySeries.set(one.seriesKey, one);
  }
  return [...bySeries.values()];
}

function shownSeries({ seriesKey, before, during, after, ok }: Judged): VerificationResult['series'][number] {
  return { seriesKey, before: finite(before), during: finite(during), after: finite(after), ok: ok === true };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** The first few by name; the rest is a number. */
function names(judged: readonly Judged[]): string {
  const all = [...new Set(judged.map(({ what }) => what.replace(/[^A-Za-z0-9._:/@ -]/g, '?').slice(0, 80)))];
  const more = all.length > 4 ? ` and ${all.length - 4} more` : '';
  return `${all.slice(0, 4).join(', ')}${more}`;
}
