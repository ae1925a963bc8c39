// A silence: what it is about, when it holds, what it keeps from happening, who wants it and why. A maintenance window is one that
// was planned, once or week after week.

import { z } from 'zod';
import { nameOf } from '../policy/identity.ts';
import { type Reach, reaches } from '../policy/reach.ts';
import { type LabelSet, withOtherNames } from './labels.ts';
import {
  compileMatchers,
  type Matcher,
  type Matching,
  matcherSchema,
  matchesEverything,
  mostMatchers,
} from './matchers.ts';
import {
  lastEndMs,
  longestMs,
  type Occurrence,
  occurrenceAt,
  type Schedule,
  scheduleSchema,
} from './schedule.ts';

/** `notifications`: nobody is told. `incidents`: none is opened. `actions`: none is carried out. */
export const silencedThings = ['notifications', 'incidents', 'actions'] as const;
export type SilencedThing = (typeof silencedThings)[number];

export const silenceKinds = ['silence', 'maintenance'] as const;
export type SilenceKind = (typeof silenceKinds)[number];

/** What people say of one. */
export type SilenceTerms = {
  readonly kind: SilenceKind;
  readonly matchers: readonly Matcher[];
  readonly schedule: Schedule;
  readonly silences: readonly SilencedThing[];
  readonly reason: string;
  readonly ticket: string | null;
};

export type Silence = SilenceTerms & {
  readonly id: string;
  /** Each change makes the next one. */
  readonly version: number;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly changedBy: string;
  readonly changedAtMs: number;
  /** Ended before its time; never begun again. */
  readonly ended: { readonly atMs: number; readonly by: string; readonly reason: string } | null;
  /** Read from somebody else's system, and not to be changed here; null: Sentinel's own. */
  readonly source: SilenceSource | null;
};

export type SilenceSource = {
  /** `alertmanagers/<name>`. */
  readonly name: string;
  /** Its id there, and who made it there. */
  readonly id: string;
  readonly by: string;
  /** What that system speaks about. */
  readonly environments: readonly string[];
  /** What it calls what Sentinel knows as `environment`, `service` and so on. */
  readonly otherNames: Readonly<Record<string, readonly string[]>>;
};

export const termsSchema = z.strictObject({
  kind: z.enum(silenceKinds),
  matchers: z.array(matcherSchema).min(1, 'expected at least one matcher').max(mostMatchers),
  schedule: scheduleSchema,
  silences: z
    .array(z.enum(silencedThings))
    .min(1)
    .max(silencedThings.length)
    .meta({ uniqueItems: true })
    .refine((all) => new Set(all).size === all.length, 'names one twice')
    .default([...silencedThings]),
  reason: z.string().min(1).max(2_000),
  ticket: z.string().min(1).max(200).nullable().default(null),
});

export type SilenceLimits = { readonly longestMs: number };

export type TermsProblem = { readonly field: 'matchers' | 'schedule'; readonly problem: string };

/** What is wrong with the terms of a silence that is to hold from now on; null when nothing is. */
export function problemOf(terms: SilenceTerms, limits: SilenceLimits, nowMs: number): TermsProblem | null {
  const { matchers, schedule } = terms;
  if (matchesEverything(matchers))
    return { field: 'matchers', problem: 'would silence everything: at least one must ask for a value' };
  const wrong = (problem: string): TermsProblem => ({ field: 'schedule', problem });
  if (schedule.kind === 'once' && schedule.endsAtMs <= schedule.startsAtMs)
    return wrong('ends before it begins');
  if (schedule.kind === 'weekly' && schedule.untilMs !== null && schedule.untilMs <= schedule.fromMs)
    return wrong('ends before it begins');
  const ends = lastEndMs(schedule);
  if (ends !== null && ends <= nowMs) return wrong('is over already');
  if (longestMs(schedule) > limits.longestMs)
    return wrong(
      `lasts longer than ${limits.longestMs / 3_600_000} hours, which is the longest (silences.longest)`,
    );
  return null;
}

export const silenceStates = ['active', 'pending', 'expired'] as const;
export type SilenceState = (typeof silenceStates)[number];

export function stateOf(silence: Pick<Silence, 'schedule' | 'ended'>, nowMs: number): SilenceState {
  const { schedule, ended } = silence;
  if (ended !== null) return 'expired';
  if (occurrenceAt(schedule, nowMs) !== null) return 'active';
  const ends = lastEndMs(schedule);
  return ends === null || nowMs < ends ? 'pending' : 'expired';
}

/** A silence that is ready to be asked. */
export type Compiled = { readonly silence: Silence; readonly matches: Matching };

export function compileSilence(silence: Silence): Compiled {
  const matches = compileMatchers(silence.matchers);
  const { source } = silence;
  if (source === null) return { silence, matches };
  const { environments, otherNames } = source;
  const isTheirs = (labels: LabelSet): boolean =>
    (labels.environment ?? []).some((environment) => environments.includes(environment));
  return { silence, matches: (labels) => isTheirs(labels) && matches(withOtherNames(labels, otherNames)) };
}

export type Holding = { readonly silence: Silence; readonly occurrence: Occurrence };

/** The silence that keeps this from happening now; of several, the one that does so for longest. */
export function silencing(
  all: readonly Compiled[],
  thing: SilencedThing,
  labels: LabelSet,
  nowMs: number,
): Holding | null {
  let longest: Holding | null = null;
  for (const { silence, matches } of all) {
    if (silence.ended !== null || !silence.silences.includes(thing)) continue;
    const occurrence = occurrenceAt(silence.schedule, nowMs);
    if (occurrence === null || !matches(labels)) continue;
    if (longest === null || occurrence.endsAtMs > longest.occurrence.endsAtMs)
      longest = { silence, occurrence };
  }
  return longest;
}

/** For people, and for records: who silenced it, until when, and why. */
export function silencedText({ silence, occurrence }: Holding): string {
  const { id, kind, createdBy, reason, ticket, source } = silence;
  const what = kind === 'maintenance' ? 'in maintenance' : 'silenced';
  const by = source === null ? nameOf(createdBy) : `${source.by} in ${source.name}`;
  const of = ticket === null ? '' : ` (${ticket})`;
  return `${what} until ${new Date(occurrence.endsAtMs).toISOString()} by ${by}: ${reason}${of} [${id}]`;
}

/**
 * Whether somebody with this reach may silence by these matchers: they must name an environment, and a service where the reach names
 * services, that are reached. Whoever is not limited may silence anything.
 */
export function mayBeSilencedBy(reach: Reach | undefined, matchers: readonly Matcher[]): boolean {
  if (reach === undefined) return true;
  const named = (label: string): string | undefined =>
    matchers.find((one) => one.label === label && one.is === '=')?.value;
  const environment = named('environment');
  const service = named('service');
  return (
    reaches(reach, environment ?? '*', service ?? null) &&
    (reach.environments === undefined || environment !== undefined)
  );
}
