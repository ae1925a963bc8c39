// What a start makes sure of, made sure of again while the process runs: somebody removes the search attributes from Temporal's
// namespace, and no incident can start any more; somebody switches the durability of Postgres off, and nothing says so.

import type { Registration } from '../../adapters/temporal/search-attributes.ts';
import type { ComponentHealth } from '../../api/ports/health.ts';
import type { Logger } from '../../api/ports/logger.ts';
import { startRounds } from '../../api/rounds.ts';

export type StartChecksDeps = {
  /** Registers what is missing; throws with what to do when that is refused. */
  readonly ensureSearchAttributes: () => Promise<Registration>;
  /** What a commit may lose now, a sentence each. */
  readonly durabilityProblems: () => Promise<readonly string[]>;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  readonly clock: { nowMs(): number };
  /** Pause between two looks. Default 30 s. */
  readonly intervalMs?: number;
};

export type StartChecks = {
  /** Looks once. Never throws: a server that cannot be asked is told of elsewhere, and what was known of it stays. */
  look(): Promise<void>;
  health(): readonly ComponentHealth[];
  stop(): Promise<void>;
};

/** How long `/ready` goes on telling of attributes that were put back. */
const toldForMs = 10 * 60_000;

export function startChecksAgain(deps: StartChecksDeps): StartChecks {
  const { log, clock, intervalMs = 30_000 } = deps;
  let refused: string | null = null;
  let putBack: { readonly names: readonly string[]; readonly atMs: number } | null = null;
  let losses: readonly string[] = [];

  async function lookAtSearchAttributes(): Promise<void> {
    try {
      const found = await deps.ensureSearchAttributes();
      if (found.kind === 'unknown') return;
      refused = null;
      if (found.kind !== 'registered') return;
      putBack = { names: found.names, atMs: clock.nowMs() };
      log.error(
        { names: found.names },
        "search attributes had been removed from Temporal's namespace; they are registered again",
      );
    } catch (error) {
      refused = error instanceof Error ? error.message : String(error);
      log.error({ err: error }, 'no incident can start: Temporal lacks search attributes');
    }
  }

  async function lookAtDurability(): Promise<void> {
    const before = new Set(losses);
    losses = await deps.durabilityProblems();
    for (const problem of losses)
      if (!before.has(problem)) log.error({ problem }, 'the database may lose what it has acknowledged');
  }

  async function look(): Promise<void> {
    await lookAtSearchAttributes();
    await lookAtDurability().catch((error: unknown) =>
      log.warn({ err: error }, 'could not ask whether commits of the database stay'),
    );
  }

  function searchAttributes(): ComponentHealth {
    const lately = putBack !== null && putBack.atMs > clock.nowMs() - toldForMs ? putBack : null;
    const detail =
      lately === null
        ? "Temporal's namespace has them"
        : `${lately.names.join(', ')} had been removed from Temporal's namespace and were registered again: find out who removes them`;
    return {
      name: 'temporal search attributes',
      ok: refused === null,
      required: true,
      detail: refused ?? detail,
    };
  }

  const rounds = startRounds(look, {
    intervalMs,
    failed: (error) => log.warn({ err: error }, 'could not repeat the checks of the start'),
  });

  return {
    look,
    health: () => [
      searchAttributes(),
      {
        name: 'postgres durability',
        ok: losses.length === 0,
        required: false,
        detail: losses.length === 0 ? 'commits are durable' : losses.join(' '),
      },
    ],
    stop: rounds.stop,
  };
}
