// When a silence holds: from one instant to another, or week after week at the same local times.

import { z } from 'zod';
import { daysLater, instantOf, isTimeZone, localDay } from './zone.ts';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

export type Once = { readonly kind: 'once'; readonly startsAtMs: number; readonly endsAtMs: number };
export type Weekly = {
  readonly kind: 'weekly';
  readonly days: readonly Weekday[];
  /** Local time of its beginning, such as `22:30`. */
  readonly at: string;
  readonly minutes: number;
  readonly timeZone: string;
  /** No occurrence begins before, or at and after. */
  readonly fromMs: number;
  readonly untilMs: number | null;
};
export type Schedule = Once | Weekly;

const instantMs = z.int().min(0).max(8_640_000_000_000_000);

export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('once'), startsAtMs: instantMs, endsAtMs: instantMs }),
  z.strictObject({
    kind: z.literal('weekly'),
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .max(7)
      .meta({ uniqueItems: true })
      .refine((days) => new Set(days).size === days.length, 'names a day twice'),
    at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 22:30'),
    minutes: z
      .int()
      .min(1)
      .max(7 * 1_440),
    timeZone: z
      .string()
      .max(60)
      .refine(isTimeZone, 'expected a time zone such as Europe/Berlin')
      .default('UTC'),
    fromMs: instantMs,
    untilMs: instantMs.nullable().default(null),
  }),
]);

export type Occurrence = { readonly startsAtMs: number; readonly endsAtMs: number };

/** The occurrence that holds at this instant: its beginning belongs to it, its end does not. Of several, the one that ends last. */
export function occurrenceAt(schedule: Schedule, atMs: number): Occurrence | null {
  return candidates(schedule, atMs).reduce<Occurrence | null>((last, one) => {
    const holds = one.startsAtMs <= atMs && atMs < one.endsAtMs;
    return holds && (last === null || one.endsAtMs > last.endsAtMs) ? one : last;
  }, null);
}

/** The next one that begins after this instant; null when there is none. */
export function nextOccurrence(schedule: Schedule, afterMs: number): Occurrence | null {
  const from = schedule.kind === 'weekly' ? Math.max(afterMs, schedule.fromMs - 1) : afterMs;
  const next = candidates(schedule, from)
    .filter(({ startsAtMs }) => startsAtMs > afterMs)
    .toSorted((left, right) => left.startsAtMs - right.startsAtMs);
  return next[0] ?? null;
}

/** When it holds for the last time; null when it goes on for ever. */
export function lastEndMs(schedule: Schedule): number | null {
  if (schedule.kind === 'once') return schedule.endsAtMs;
  if (schedule.untilMs === null) return null;
  const ends = candidates(schedule, schedule.untilMs).map(({ endsAtMs }) => endsAtMs);
  return Math.max(schedule.fromMs, ...ends);
}

/** How long it holds without a break, at the longest. */
export function longestMs(schedule: Schedule): number {
  return schedule.kind === 'once' ? schedule.endsAtMs - schedule.startsAtMs : schedule.minutes * 60_000;
}

/** Occurrences that begin within eight days of this instant, on either side. */
function candidates(schedule: Schedule, aroundMs: number): readonly Occurrence[] {
  if (schedule.kind === 'once') return [{ startsAtMs: schedule.startsAtMs, endsAtMs: schedule.endsAtMs }];
  const { days, at, minutes, timeZone, fromMs, untilMs } = schedule;
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const today = localDay(aroundMs, timeZone);
  return Array.from({ length: 17 }, (_, index) => daysLater(today, index - 8))
    .filter(({ weekday }) => days.includes(weekdays[weekday] as Weekday))
    .map((day) => instantOf(day, hour * 60 + minute, timeZone))
    .filter((startsAtMs) => startsAtMs >= fromMs && (untilMs === null || startsAtMs < untilMs))
    .map((startsAtMs) => ({ startsAtMs, endsAtMs: startsAtMs + minutes * 60_000 }));
}

/** For people: `Mon, Wed 22:30 for 120 min (Europe/Berlin)`. */
export function scheduleText(schedule: Schedule): string {
  if (schedule.kind === 'once')
    return `${new Date(schedule.startsAtMs).toISOString()} to ${new Date(schedule.endsAtMs).toISOString()}`;
  const { days, at, minutes, timeZone, untilMs } = schedule;
  const named = weekdays
    .filter((day) => days.includes(day))
    .map((day) => `${day[0]?.toUpperCase()}${day.slice(1)}`);
  const until = untilMs === null ? '' : ` until ${new Date(untilMs).toISOString()}`;
  return `${named.join(', ')} ${at} for ${minutes} min (${timeZone})${until}`;
}
