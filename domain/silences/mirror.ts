// Silences of somebody else's system, as they are kept here: read-only, and gone when they are gone there.

import type { Matcher } from './matchers.ts';
import { type Silence, type SilenceSource, type SilenceTerms, silencedThings } from './silence.ts';

/** One that holds or will hold there. */
export type MirroredSilence = {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** Who made it, and why, as that system says it. */
  readonly by: string;
  readonly reason: string;
};

/** The system, and what it calls what Sentinel knows. */
export type MirrorSource = {
  /** `alertmanagers/main`. */
  readonly name: string;
  readonly environments: readonly string[];
  readonly otherNames: Readonly<Record<string, readonly string[]>>;
};

export type MirrorChange =
  | { readonly kind: 'new'; readonly silence: Omit<Silence, 'id'> }
  | { readonly kind: 'changed' | 'gone'; readonly silence: Silence };

/** What has to change here for these to be the silences of that system. `known`: those of it that are kept and not ended. */
export function mirrorChanges(
  source: MirrorSource,
  theirs: readonly MirroredSilence[],
  known: readonly Silence[],
  nowMs: number,
): readonly MirrorChange[] {
  const by = `system:${source.name}`;
  const kept = new Map(known.map((one) => [one.source?.id ?? '', one]));
  const changes: MirrorChange[] = [];
  for (const one of theirs) {
    const before = kept.get(one.id);
    kept.delete(one.id);
    const terms = termsOf(one, source);
    if (before === undefined) {
      const made = { version: 1, createdBy: by, createdAtMs: nowMs, changedBy: by, changedAtMs: nowMs };
      changes.push({ kind: 'new', silence: { ...terms, ...made, ended: null } });
    } else if (!isSame(before, terms)) {
      const next = { version: before.version + 1, changedBy: by, changedAtMs: nowMs };
      changes.push({ kind: 'changed', silence: { ...before, ...terms, ...next } });
    }
  }
  for (const gone of kept.values()) {
    const ended = { atMs: nowMs, by, reason: `gone from ${source.name}` };
    const next = { version: gone.version + 1, changedBy: by, changedAtMs: nowMs, ended };
    changes.push({ kind: 'gone', silence: { ...gone, ...next } });
  }
  return changes;
}

type Terms = SilenceTerms & { readonly source: SilenceSource };

function termsOf(
  { id, matchers, startsAtMs, endsAtMs, by, reason }: MirroredSilence,
  source: MirrorSource,
): Terms {
  return {
    ...{ kind: 'silence', matchers, reason, ticket: null, silences: silencedThings },
    schedule: { kind: 'once', startsAtMs, endsAtMs },
    source: { ...source, id, by },
  };
}

function isSame(before: Silence, terms: Terms): boolean {
  const { matchers, schedule, reason, source } = before;
  const told = ({ name, id, by, environments, otherNames }: NonNullable<Silence['source']>) => [
    ...[name, id, by, environments],
    Object.entries(otherNames).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  ];
  const words = (one: Pick<Silence, 'matchers' | 'schedule' | 'reason' | 'source'>): string =>
    JSON.stringify([
      one.matchers.map(({ label, is, value }) => [label, is, value]),
      one.schedule.kind === 'once' ? [one.schedule.startsAtMs, one.schedule.endsAtMs] : null,
      one.reason,
      one.source === null ? null : told(one.source),
    ]);
  return words({ matchers, schedule, reason, source }) === words(terms);
}
