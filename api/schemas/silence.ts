// Silences as the API shows them, and what is said of one to make it.

import { z } from 'zod';
import { type Matcher, operators } from '../../domain/silences/matchers.ts';
import { nextOccurrence, type Occurrence, occurrenceAt, weekdays } from '../../domain/silences/schedule.ts';
import {
  type Silence,
  silencedThings,
  silenceKinds,
  silenceStates,
  stateOf,
} from '../../domain/silences/silence.ts';
import type { SilencedFinding, SilencedHere, SilencePreview } from '../ports/silences.ts';
import { named } from './named.ts';
import { instantMs, severity } from './scope.ts';

const matcher = named<Matcher>()(
  'Matcher',
  z.strictObject({ label: z.string(), is: z.enum(operators), value: z.string() }),
);

const occurrence = z.strictObject({ startsAtMs: instantMs, endsAtMs: instantMs });

const schedule = z.union([
  z.strictObject({ kind: z.literal('once'), startsAtMs: instantMs, endsAtMs: instantMs }),
  z.strictObject({
    kind: z.literal('weekly'),
    days: z.array(z.enum(weekdays)),
    at: z.string(),
    minutes: z.int(),
    timeZone: z.string(),
    fromMs: instantMs,
    untilMs: instantMs.nullable(),
  }),
]);

/** A silence, and how it is with it at this moment. */
export type ShownSilence = Omit<Silence, 'source'> & {
  readonly source: string | null;
  readonly state: (typeof silenceStates)[number];
  /** The occurrence that holds now, and the next one. */
  readonly now: Occurrence | null;
  readonly next: Occurrence | null;
};

export function shown({ source, ...silence }: Silence, nowMs: number): ShownSilence {
  const state = stateOf(silence, nowMs);
  const over = silence.ended !== null;
  return {
    ...silence,
    ...{ source: source?.name ?? null, state },
    now: over ? null : occurrenceAt(silence.schedule, nowMs),
    next: over ? null : nextOccurrence(silence.schedule, nowMs),
  };
}

export const silence = named<ShownSilence>()(
  'Silence',
  z.strictObject({
    id: z.string(),
    version: z.int().meta({ description: 'Each change makes the next one.' }),
    kind: z.enum(silenceKinds),
    state: z.enum(silenceStates),
    matchers: z.array(matcher),
    schedule,
    now: occurrence.nullable().meta({ description: 'The occurrence that holds now.' }),
    next: occurrence.nullable(),
    silences: z.array(z.enum(silencedThings)),
    reason: z.string(),
    ticket: z.string().nullable(),
    createdBy: z.string(),
    createdAtMs: instantMs,
    changedBy: z.string(),
    changedAtMs: instantMs,
    ended: z.strictObject({ atMs: instantMs, by: z.string(), reason: z.string() }).nullable(),
    source: z
      .string()
      .nullable()
      .meta({ description: 'Where it is read from, such as `alertmanager/main`; null: made here.' }),
  }),
);

export const silencedFinding = named<SilencedFinding>()(
  'SilencedFinding',
  z.strictObject({
    anomalyId: z.string(),
    environment: z.string(),
    service: z.string(),
    severity,
    summary: z.string(),
    firstAtMs: instantMs,
    lastAtMs: instantMs,
    dueAtMs: instantMs.nullable().meta({
      description: 'Judged again then, unless it clears; null: it has cleared, or was judged again.',
    }),
  }),
);

export const silencePreview = named<SilencePreview>()(
  'SilencePreview',
  z.strictObject({
    incidents: z.array(
      z.strictObject({
        incidentId: z.string(),
        title: z.string(),
        environment: z.string(),
        service: z.string(),
        severity,
        matched: z.int().meta({ description: 'Findings that the matchers fit, of `findings`.' }),
        findings: z.int(),
      }),
    ),
    of: z.int().meta({ description: 'Open incidents that were looked at.' }),
  }),
);

const heldBy = z.strictObject({ silence, occurrence }).nullable();
export const silencedHere = z
  .strictObject({ notifications: heldBy, incidents: heldBy, actions: heldBy })
  .meta({ id: 'SilencedHere' });

export function shownHere(here: SilencedHere, nowMs: number) {
  const one = (held: SilencedHere['actions']) =>
    held === null ? null : { silence: shown(held.silence, nowMs), occurrence: held.occurrence };
  return {
    notifications: one(here.notifications),
    incidents: one(here.incidents),
    actions: one(here.actions),
  };
}
