// What happened to containers between two looks, as the engine remembers it: asked for from where the last question ended, so
// that nothing is missed, and an event that comes again is known.

import { type Engine, EngineError } from './engine.ts';
import type { ContainerEvent } from './wire.ts';

export type Happened = { readonly event: ContainerEvent } & (
  | {
      readonly what: 'ended';
      readonly outOfMemory: boolean;
      /** Somebody had sent it a signal to end. */
      readonly told: boolean;
    }
  /** One of its programs was killed, and the container goes on. */
  | { readonly what: 'out-of-memory' }
  | { readonly what: 'unhealthy' | 'healthy' }
);

export type EventLog = {
  /** Since the question before; empty the first time. Null: the engine, or what stands before it, does not tell now. */
  next(nowMs: number, signal?: AbortSignal): Promise<readonly Happened[] | null>;
};

/** Questions overlap by this much: an event may get its time a moment before it is remembered. */
const overlapMs = 5_000;
/** After it ran out of memory a container ends within this time, or goes on. */
const endsWithinMs = 2_000;
const mostRemembered = 10_000;

type Reason = { readonly outOfMemory: ContainerEvent | null; readonly told: boolean };
const noReason: Reason = { outOfMemory: null, told: false };

export function createEventLog(engine: Pick<Engine, 'events'>): EventLog {
  let askedUntilMs: number | null = null;
  /** Events of the overlap, which come again. */
  let known: readonly ContainerEvent[] = [];
  /** By container: what may be the reason of an end that has not come yet. */
  const reasons = new Map<string, Reason>();

  function meaningOf(event: ContainerEvent): readonly Happened[] {
    const reason = reasons.get(event.id) ?? noReason;
    switch (event.action) {
      case 'oom':
        reasons.set(event.id, { ...reason, outOfMemory: event });
        return [];
      case 'kill':
        if (event.endsIt) reasons.set(event.id, { ...reason, told: true });
        return [];
      case 'die':
        reasons.delete(event.id);
        return [{ event, what: 'ended', outOfMemory: reason.outOfMemory !== null, told: reason.told }];
      case 'health_status: unhealthy':
        return [{ event, what: 'unhealthy' }];
      case 'health_status: healthy':
        return [{ event, what: 'healthy' }];
      default:
        return [];
    }
  }

  /** Those that ran out of memory and did not end. */
  function survivors(nowMs: number): readonly Happened[] {
    return [...reasons].flatMap(([id, { outOfMemory, told }]) => {
      if (outOfMemory === null || nowMs - outOfMemory.atMs < endsWithinMs) return [];
      reasons.set(id, { outOfMemory: null, told });
      return [{ event: outOfMemory, what: 'out-of-memory' }];
    });
  }

  return {
    async next(nowMs, signal) {
      const first = askedUntilMs === null;
      let events: readonly ContainerEvent[];
      try {
        events = await engine.events(Math.min(askedUntilMs ?? nowMs, nowMs) - overlapMs, nowMs, signal);
      } catch (error) {
        if (error instanceof EngineError) return null;
        throw error;
      }
      askedUntilMs = nowMs;
      const knownKeys = new Set(known.map(keyOf));
      const fresh = events.filter((event) => !knownKeys.has(keyOf(event)));
      known = [...known, ...fresh].filter(({ atMs }) => atMs >= nowMs - 2 * overlapMs);
      if (first) return [];
      const all = [...fresh.flatMap(meaningOf), ...survivors(nowMs)];
      for (const id of [...reasons.keys()].slice(0, Math.max(0, reasons.size - mostRemembered)))
        reasons.delete(id);
      return all;
    },
  };
}

function keyOf({ id, action, timeNano }: ContainerEvent): string {
  return `${timeNano} ${action} ${id}`;
}
