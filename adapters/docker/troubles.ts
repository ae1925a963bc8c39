// What went wrong with containers, each time once: by the events of the engine, and by what a look shows of it where no event
// does (an engine that tells none, or has forgotten them: it keeps its last 256).

import type { Happened } from './events.ts';

/** A container as it was found. `finishedAtMs`: when it ended last; null when it never did. */
export type Look = {
  readonly id: string;
  readonly isRunning: boolean;
  readonly finishedAtMs: number | null;
  readonly outOfMemory: boolean;
  readonly exitCode: number;
  readonly health: string;
};

export type Trouble = {
  readonly id: string;
  readonly atMs: number;
  readonly words: (name: string) => string;
};

export type Troubles = {
  /** Of one look at all of them. The first time a container is seen nothing is known of what it did before. */
  tell(looks: readonly Look[], events: readonly Happened[] | null, nowMs: number): readonly Trouble[];
};

type Known = {
  readonly finishedAtMs: number | null;
  readonly health: string;
  /** The newest end that was told, or was none of its own doing. */
  readonly end: { readonly atMs: number; readonly byLook: boolean } | null;
  readonly unhealthyTold: boolean;
};

/** The engine writes an end down, and tells of it, one after the other. */
const sameEndMs = 2_000;
const mostRemembered = 10_000;

const outOfMemory = (name: string): string => `container ${name} was killed: out of memory`;
const unhealthy = (name: string): string => `the health check of container ${name} fails`;
const partOutOfMemory = (name: string): string => `a program in container ${name} was killed: out of memory`;
const endedWith = (exitCode: number) => (name: string) =>
  `container ${name} ended with exit code ${exitCode}`;

export function createTroubles(): Troubles {
  const known = new Map<string, Known>();
  const change = (id: string, more: Partial<Known>): void => {
    const before = known.get(id) ?? { finishedAtMs: null, health: 'none', end: null, unhealthyTold: false };
    known.delete(id);
    known.set(id, { ...before, ...more });
  };

  /** Before the events: a later one may say that it is well again. */
  function health({ id, health: now }: Look, nowMs: number): readonly Trouble[] {
    const before = known.get(id);
    const fails = now === 'unhealthy';
    const tells = fails && before !== undefined && before.health !== now && !before.unhealthyTold;
    change(id, { health: now, unhealthyTold: fails });
    return tells ? [{ id, atMs: nowMs, words: unhealthy }] : [];
  }

  function byEvent(happened: Happened, look: Look | undefined): readonly Trouble[] {
    const { id, atMs, exitCode } = happened.event;
    const before = known.get(id);
    switch (happened.what) {
      case 'out-of-memory':
        return [{ id, atMs, words: partOutOfMemory }];
      case 'healthy':
        change(id, { unhealthyTold: false });
        return [];
      case 'unhealthy':
        change(id, { unhealthyTold: true });
        return before?.unhealthyTold ? [] : [{ id, atMs, words: unhealthy }];
      case 'ended': {
        if (before?.end?.byLook && atMs <= before.end.atMs + sameEndMs) return [];
        change(id, { end: { atMs, byLook: false } });
        const seenOom = look?.outOfMemory === true && Math.abs((look.finishedAtMs ?? 0) - atMs) <= sameEndMs;
        if (happened.outOfMemory || seenOom) return [{ id, atMs, words: outOfMemory }];
        // Who is told to end, and started again, was restarted by somebody.
        const isRestart = happened.told && look?.isRunning === true;
        return exitCode === 0 || isRestart ? [] : [{ id, atMs, words: endedWith(exitCode) }];
      }
    }
  }

  /** After the events: an end that none of them told. */
  function end(look: Look, wasKnown: boolean, nowMs: number): readonly Trouble[] {
    const { id, finishedAtMs: atMs } = look;
    const before = known.get(id);
    change(id, { finishedAtMs: atMs });
    if (!wasKnown || atMs === null || atMs === before?.finishedAtMs) return [];
    if (before?.end != null && before.end.atMs >= atMs - sameEndMs) return [];
    change(id, { end: { atMs, byLook: true } });
    if (look.outOfMemory) return [{ id, atMs: nowMs, words: outOfMemory }];
    return look.isRunning || look.exitCode === 0
      ? []
      : [{ id, atMs: nowMs, words: endedWith(look.exitCode) }];
  }

  return {
    tell(looks, events, nowMs) {
      const byId = new Map(looks.map((look) => [look.id, look]));
      const before = new Set(known.keys());
      const all = [
        ...looks.flatMap((look) => health(look, nowMs)),
        ...(events ?? []).flatMap((happened) => byEvent(happened, byId.get(happened.event.id))),
        ...looks.flatMap((look) => end(look, before.has(look.id), nowMs)),
      ];
      for (const id of [...known.keys()].slice(0, Math.max(0, known.size - mostRemembered))) known.delete(id);
      return all;
    },
  };
}
