// Is the symptom gone? Answers from the symptom's own series and the scope's health, with enough fresh samples; a series
// that went silent can keep an incident open, but never close it.

import { soundOnset } from '../detection/onset.ts';
import type { VerificationResult } from './verification.ts';
import { controlImproved } from './verify-control.ts';
import type { VerificationInput } from './verify-input.ts';
import { judgeHealth, judgeSymptoms } from './verify-symptoms.ts';
import { answerTime, cutTimes, type Judged, type VerificationTimes } from './verify-windows.ts';
import { isWorse } from './verify-worse.ts';

/**
 * `recovered` only when every symptom series that can be measured, and at least one, is back near normal over a whole
 * window of fresh samples, the health of target and entries is no worse than before, and that was so for several looks in
 * a row. `not-recovered` when fresh samples show that one is not; settled once that has lasted, unless the action helped in
 * part. Everything else is `unverified`: ask again later.
 */
export function verify(input: VerificationInput): VerificationResult {
  const newest = lookAt(input, 0);
  return { ...judge(newest, input), ...paceOf(newest, input) };
}

/** The slowest series decides. */
function paceOf({ all }: Look, { config }: VerificationInput): Pick<VerificationResult, 'answerTakesMs'> {
  const slowest = Math.max(0, ...all.map(({ intervalMs = 1_000 }) => answerTime(intervalMs, config) ?? 0));
  return slowest === 0 ? {} : { answerTakesMs: slowest };
}

function judge(newest: Look, input: VerificationInput): VerificationResult {
  if (newest.bad.length > 0) return notRecovered(newest, input);
  const open = notYet(newest) ?? earlierLooks(input);
  if (open !== null) return { ...figuresOf(newest), outcome: 'unverified', settled: false, reason: open };
  return {
    ...figuresOf(newest),
    outcome: 'recovered',
    settled: true,
    reason: `Back to normal: ${names(newest.symptoms)}.`,
    controlImprovedToo: controlImproved(input, newest.times),
  };
}

type Look = {
  readonly times: VerificationTimes;
  readonly symptoms: readonly Judged[];
  /** With the health of the scope. */
  readonly all: readonly Judged[];
  readonly bad: readonly Judged[];
  readonly open: readonly Judged[];
};

/** What could be seen so many looks ago. */
function lookAt(input: VerificationInput, look: number): Look {
  const { anomalies, nowMs, effectAtMs, config } = input;
  const onsetMs = soundOnset(anomalies, input.onsetMs, Math.min(nowMs, effectAtMs ?? nowMs));
  const times = cutTimes({ onsetMs, effectAtMs, nowMs }, config, look);
  const symptoms = judgeSymptoms(input, times);
  const all = [...symptoms, ...judgeHealth(input, times)];
  return {
    times,
    symptoms,
    all,
    bad: all.filter(({ ok }) => ok === false),
    open: all.filter(({ ok }) => ok === null),
  };
}

function notRecovered(look: Look, input: VerificationInput): VerificationResult {
  const { bad } = look;
  const { config } = input;
  const lasting = bad.some(
    ({ improving, freshSeconds, intervalMs = 1_000 }) =>
      improving !== true && freshSeconds >= Math.max(config.stillBadSeconds, (2 * intervalMs) / 1000),
  );
  const worse = input.effectAtMs === null ? [] : look.symptoms.filter((one) => isWorse(one, input.config));
  if (worse.length > 0) {
    const reason = `Worse than before the action: ${names(worse)}.`;
    return { ...figuresOf(look), outcome: 'not-recovered', settled: true, improving: false, reason };
  }
  const reason = `Still not normal: ${names(bad)}.`;
  const improving = bad.every((one) => one.improving === true);
  const settled = lasting && !(input.effectAtMs !== null && helpedInPart(look));
  return { ...figuresOf(look), outcome: 'not-recovered', settled, improving, reason };
}

/** A symptom has gone, and what is left is of a kind that takes longer: the rest of the time is for that. */
function helpedInPart({ symptoms, bad }: Look): boolean {
  return symptoms.some(({ ok }) => ok === true) && bad.every(({ lingers }) => lingers === true);
}

/** Why one look is not enough to call it recovered; null when it is. */
function notYet({ symptoms, open }: Look): string | null {
  if (symptoms.length === 0) return 'None of the symptoms can be measured again.';
  return open.length > 0 ? `Not enough fresh samples yet: ${names(open)}.` : null;
}

/** Good now: but was it also good in the looks before? A symptom that comes and goes has good moments too. */
function earlierLooks(input: VerificationInput): string | null {
  const { goodLooks } = input.config;
  for (let look = 1; look < goodLooks; look += 1) {
    const { bad, open } = lookAt(input, look);
    const missing = [...bad, ...open];
    if (missing.length > 0) return `Normal for ${look} of ${goodLooks} looks in a row: ${names(missing)}.`;
  }
  return null;
}

function figuresOf({ symptoms, bad }: Look) {
  return {
    freshSamples: symptoms.reduce((sum, { samples }) => sum + samples, 0),
    series: eachOnce([...symptoms, ...bad]).map(shownSeries),
    controlImprovedToo: false,
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
  const all = [
    ...new Set(
      judged.map(({ what, note }) => {
        const name = what.replace(/[^A-Za-z0-9._:/@ -]/g, '?').slice(0, 80);
        return note === undefined ? name : `${name} (${note})`;
      }),
    ),
  ];
  const more = all.length > 4 ? ` and ${all.length - 4} more` : '';
  return `${all.slice(0, 4).join(', ')}${more}`;
}
