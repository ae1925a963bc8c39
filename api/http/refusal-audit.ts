// Refused requests in the audit, without letting whoever is refused fill it: the first of its kind at once, the rest of the
// same minute as one entry that says how many. That entry does not wait for another refusal: `settle` writes it when the minute
// is over, `close` whatever is left. Kinds are counted, too; beyond the last they are one.

import type { AuditWriter } from '../ports/audit.ts';
import type { Logger } from '../ports/logger.ts';

export type Refused = {
  readonly actor: string;
  /** Why, as a word of a closed set. */
  readonly reason: string;
  /** The route as it is declared, never what was asked for. */
  readonly route: string;
  readonly address: string;
};

export type RefusalAudit = {
  note(refused: Refused): void;
  /** Writes the repeats of every minute that is over. What cannot be written now is written by a later call. Never throws. */
  settle(): Promise<void>;
  /** Writes all repeats, also those of the minute that is not over. */
  close(): Promise<void>;
};

type Kind = { latest: Refused; startedMs: number; more: number };

const windowMs = 60_000;
const mostKinds = 100;

/** Each entry stands for one refusal, and for `moreBefore` of the same kind that have none of their own. */
export function createRefusalAudit(
  writer: AuditWriter,
  { nowMs, log }: { nowMs: () => number; log: Pick<Logger, 'warn'> },
): RefusalAudit {
  const kinds = new Map<string, Kind>();

  const append = ({ actor, reason, route, address }: Refused, moreBefore: number): Promise<unknown> =>
    writer.append({
      actor,
      action: 'access.refuse',
      subject: route,
      reason: `refused: ${reason}`,
      details: { address, refused: reason, moreBefore },
    });
  const isOver = ({ startedMs }: Kind): boolean => nowMs() >= startedMs + windowMs;

  async function writeRepeats(isDue: (kind: Kind) => boolean): Promise<void> {
    for (const [key, kind] of kinds) {
      if (!isDue(kind)) continue;
      const { more } = kind;
      if (more === 0) {
        kinds.delete(key);
        continue;
      }
      kinds.set(key, { ...kind, startedMs: nowMs(), more: 0 });
      try {
        // The last of them is the entry.
        await append(kind.latest, more - 1);
      } catch (error) {
        log.warn({ err: error, refusals: more }, 'refused requests could not be audited; tried again');
        const since = kinds.get(key);
        kinds.set(key, { ...kind, ...since, more: more + (since?.more ?? 0) });
      }
    }
  }

  return {
    note(refused) {
      const { actor, reason, route, address } = refused;
      const named = JSON.stringify([actor, reason, route, address]);
      if (!kinds.has(named) && kinds.size >= mostKinds)
        for (const [key, kind] of kinds) if (isOver(kind) && kind.more === 0) kinds.delete(key);
      const key = kinds.has(named) || kinds.size < mostKinds ? named : 'others';
      const known = kinds.get(key);
      if (known !== undefined && !isOver(known)) {
        kinds.set(key, { ...known, latest: refused, more: known.more + 1 });
        return;
      }
      kinds.set(key, { latest: refused, startedMs: nowMs(), more: 0 });
      append(refused, known?.more ?? 0).catch((error: unknown) =>
        log.warn({ err: error }, 'a refused request could not be audited'),
      );
    },
    settle: () => writeRepeats(isOver),
    close: () => writeRepeats(() => true),
  };
}
