// What the memory of a container is used for, in one sentence for people: how full it is, which programs hold it, since when,
// and what a restart would give back.

import type { Engine } from './engine.ts';
import type { Inspected, Stats } from './wire.ts';

export type Memory = {
  /** Without the cache that the kernel takes back by itself. */
  readonly usedBytes: number;
  readonly limitBytes: number | null;
  /** What only the processes of the container hold: gone with them. */
  readonly privateBytes: number | null;
};

/** Null where the engine tells nothing (a container that does not run). */
export function memoryOf({ memory_stats: { usage, limit, stats = {} } }: Stats): Memory | null {
  if (usage === undefined) return null;
  // Names of control groups of version 1, then 2.
  const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0;
  return {
    usedBytes: Math.max(0, usage - cache),
    limitBytes: limit === undefined || limit <= 0 ? null : limit,
    privateBytes: stats.total_rss ?? stats.anon ?? null,
  };
}

export type ProgramMemory = { readonly program: string; readonly bytes: number };

/** Largest first. Names of programs only: their arguments may hold secrets. */
export function programsOf(
  titles: readonly string[],
  processes: readonly (readonly string[])[],
): readonly ProgramMemory[] {
  const [size, command] = [titles.indexOf('RSS'), titles.indexOf('COMMAND')];
  if (size === -1 || command === -1) return [];
  const byProgram = new Map<string, number>();
  for (const row of processes) {
    const program = programName(row[command] ?? '');
    const kilobytes = Number(row[size]);
    if (Number.isFinite(kilobytes)) byProgram.set(program, (byProgram.get(program) ?? 0) + kilobytes * 1_024);
  }
  return [...byProgram].map(([program, bytes]) => ({ program, bytes })).toSorted((a, b) => b.bytes - a.bytes);
}

export async function memoryInWords(
  engine: Engine,
  container: Inspected,
  signal?: AbortSignal,
): Promise<string | null> {
  const memory = memoryOf(await engine.stats(container.Id, signal));
  if (memory === null) return null;
  const { Titles, Processes } = await engine.top(container.Id, signal);
  const [first, second] = programsOf(Titles, Processes);
  const { usedBytes, limitBytes, privateBytes } = memory;
  const most = [first, second].flatMap((one) =>
    one === undefined ? [] : `${one.program} ${megabytes(one.bytes)}`,
  );
  return [
    `memory ${megabytes(usedBytes)}${limitBytes === null ? '' : ` of ${megabytes(limitBytes)}`}`,
    ...(most.length === 0 ? [] : [`most of it ${most.join(' and ')}`]),
    `running since ${container.State.StartedAt.slice(0, 19)}Z`,
    ...(privateBytes === null ? [] : [`a restart gives back ${megabytes(privateBytes)} of it`]),
  ].join(', ');
}

function programName(command: string): string {
  const [first = ''] = command.trim().split(/\s+/);
  const name = first.split('/').at(-1) ?? '';
  return /^[\w.+-]{1,40}$/.test(name) ? name : 'another program';
}

function megabytes(bytes: number): string {
  const count = bytes / 1_000_000;
  return `${count >= 10 ? Math.round(count) : Math.round(count * 10) / 10} MB`;
}
