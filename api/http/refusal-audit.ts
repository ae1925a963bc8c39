// Refused requests in the audit, without letting whoever is refused fill it: the first of its kind at once, the rest of the
// same minute as a number in the next entry of that kind. Kinds are counted, too; beyond the last they are one.

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

export type RefusalAudit = { note(refused: Refused): void };

const windowMs = 60_000;
const mostKinds = 100;

export function createRefusalAudit(
  writer: AuditWriter,
  { nowMs, log }: { nowMs: () => number; log: Pick<Logger, 'warn'> },
): RefusalAudit {
  const kinds = new Map<string, { startedMs: number; more: number }>();
  return {
    note({ actor, reason, route, address }) {
      const named = JSON.stringify([actor, reason, route, address]);
      const kind = kinds.has(named) || kinds.size < mostKinds ? named : 'others';
      const known = kinds.get(kind);
      const atMs = nowMs();
      if (known !== undefined && atMs < known.startedMs + windowMs) {
        known.more += 1;
        return;
      }
      for (const [key, { startedMs }] of kinds) if (atMs >= startedMs + 10 * windowMs) kinds.delete(key);
      kinds.set(kind, { startedMs: atMs, more: 0 });
      const details = { address, refused: reason, moreBefore: known?.more ?? 0 };
      writer
        .append({ actor, action: 'access.refuse', subject: route, reason: `refused: ${reason}`, details })
        .catch((error: unknown) => log.warn({ err: error }, 'a refused request could not be audited'));
    },
  };
}
