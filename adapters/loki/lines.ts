// Lines, read in the order of their time and each once: a look begins at the instant of the last line that was told, and leaves out
// those of that instant that were told already.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TooLong } from '../monitor-rules/api.ts';
import type { Line, LineRange, LokiApi } from './api.ts';

/** What lies further back is not caught up with. */
export const mostBehindMs = 30 * 60_000;
const nsOfMs = 1_000_000n;
/** As many as Loki gives at once, unless it is told otherwise. */
const mostAtOnce = 5_000;
const leastAtOnce = 10;

type Cursor = {
  readonly atNs: bigint;
  /** Digests of the lines of that very nanosecond that were told. */
  readonly told: ReadonlySet<string>;
};
const stored = z.object({ at: z.string().regex(/^\d{1,20}$/), told: z.array(z.string()).max(10_000) });

export type LineSource = {
  /** The lines since those that were told. */
  read(signal: AbortSignal): Promise<readonly Line[]>;
  /** What was read last is told. */
  told(): string | null;
  resume(position: string): void;
  problem(): string | null;
};

export type LineQuestion = {
  readonly query: string;
  readonly limit: number;
  readonly delayMs: number;
};

export function createLineSource(
  api: Pick<LokiApi, 'lines' | 'aheadMs'>,
  { query, limit, delayMs }: LineQuestion,
  nowMs: () => number,
): LineSource {
  let cursor: Cursor | null = null;
  let next: Cursor | null = null;
  let problem: string | null = null;
  /** Fewer than `limit` for a while where an answer was too long. */
  let room = limit;

  async function ask(range: LineRange, signal: AbortSignal): Promise<readonly Line[]> {
    try {
      const found = await api.lines(query, range, signal);
      room = Math.min(limit, room * 2);
      return found;
    } catch (error) {
      if (error instanceof TooLong) room = Math.max(leastAtOnce, Math.floor(room / 2));
      throw error;
    }
  }

  return {
    problem: () => problem,
    async read(signal) {
      next = null;
      const thereMs = nowMs() + api.aheadMs();
      const toNs = BigInt(Math.floor(thereMs - delayMs)) * nsOfMs;
      // What was there before anybody looked is no news.
      cursor ??= { atNs: toNs, told: new Set() };
      const from = notTooFarBack(cursor, thereMs, delayMs);
      problem = leftOut(cursor, from);
      if (from.atNs >= toNs) return [];
      // Those that were told come again, and must leave room for others.
      const asked = Math.min(room + from.told.size, mostAtOnce);
      const found = await ask({ fromNs: from.atNs, toNs, limit: asked }, signal);
      const fresh = found.filter((line) => line.atNs > from.atNs || !from.told.has(digestOf(line)));
      const isFull = found.length >= asked;
      next = isFull ? behind(found, from) : { atNs: toNs, told: new Set() };
      // All of one nanosecond, and more of them than are taken at once.
      if (isFull && fresh.length === 0) next = { atNs: from.atNs + 1n, told: new Set() };
      return fresh;
    },
    told() {
      cursor = next ?? cursor;
      next = null;
      return cursor === null ? null : JSON.stringify({ at: `${cursor.atNs}`, told: [...cursor.told] });
    },
    resume(position) {
      const known = stored.safeParse(parsed(position));
      if (known.success) cursor = { atNs: BigInt(known.data.at), told: new Set(known.data.told) };
    },
  };
}

function notTooFarBack(cursor: Cursor, thereMs: number, delayMs: number): Cursor {
  const earliestNs = BigInt(Math.floor(thereMs - delayMs - mostBehindMs)) * nsOfMs;
  return cursor.atNs < earliestNs ? { atNs: earliestNs, told: new Set() } : cursor;
}

function leftOut(wanted: Cursor, from: Cursor): string | null {
  if (wanted.atNs === from.atNs) return null;
  const at = (ns: bigint): string => new Date(Number(ns / nsOfMs)).toISOString().slice(0, 19);
  return `lines between ${at(wanted.atNs)} and ${at(from.atNs)} UTC were left out: more than could be caught up with`;
}

/** Behind the last of these lines; more of its nanosecond may follow. */
function behind(found: readonly Line[], from: Cursor): Cursor {
  const atNs = found.at(-1)?.atNs ?? from.atNs;
  const told = found.filter((line) => line.atNs === atNs).map(digestOf);
  return { atNs, told: new Set(atNs === from.atNs ? [...from.told, ...told] : told) };
}

function digestOf({ labels, text }: Line): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([sorted, text]))
    .digest('base64url')
    .slice(0, 16);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
