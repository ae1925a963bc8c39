// Owners that Sentinel has paused and nobody has given back for long: an alert each, until they are resumed. They are asked now and
// then rather than followed: they are no objects of the namespaces that are followed.

import type { AlertEvent } from '../../../domain/observation.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { plainLine } from '../../../domain/text.ts';
import type { KubernetesSettings } from '../settings.ts';

export const askedEveryMs = 60_000;
/** For so long after the start everything else of the cluster waits for the first answer; then it is told without. */
export const firstAnswerMs = 120_000;

export type PausedOwner = {
  readonly key: string;
  readonly name: string;
  readonly sinceMs: number;
  /** The command that gives it back. */
  readonly resumeWith: string;
  /** The first target that it keeps. */
  readonly keeps: TargetState['target'];
};

/** One for each owner, however many workloads it keeps. */
export function pausedForLong(
  states: readonly Pick<TargetState, 'target' | 'owner'>[],
  tellAfterMinutes: number,
  nowMs: number,
): readonly PausedOwner[] {
  const latestMs = nowMs - tellAfterMinutes * 60_000;
  const found = new Map<string, PausedOwner>();
  for (const { target, owner } of states) {
    const { sync } = owner ?? {};
    if (sync?.is !== 'paused-by-sentinel' || found.has(sync.key)) continue;
    // When that was cannot be read: it may have been long ago.
    const sinceMs = sync.pausedAtMs ?? 0;
    if (sinceMs > latestMs) continue;
    const { key, name, resumeWith = 'docs/kubernetes.md says how' } = sync;
    found.set(key, { key, name, sinceMs, resumeWith, keeps: target });
  }
  return [...found.values()];
}

export type PausedOwners = {
  /** As they were when they were last asked for; rejects while nobody could tell since the start, for two minutes at most. */
  alerts(environment: string, signal: AbortSignal): Promise<readonly Omit<AlertEvent, 'source'>[]>;
  /** Why it cannot be told which are paused; null when it can, or nothing may be paused. */
  problem(): string | null;
};

export function createPausedOwners(
  { pauseOwners }: Pick<KubernetesSettings, 'pauseOwners'>,
  observe: (environment: string, signal: AbortSignal) => Promise<readonly TargetState[]>,
  nowMs: () => number,
): PausedOwners {
  const asked = new Map<string, { atMs: number; found: readonly PausedOwner[] }>();
  let problem: string | null = null;
  let startedMs: number | null = null;

  async function ask(
    environment: string,
    tellAfterMinutes: number,
    signal: AbortSignal,
  ): Promise<readonly PausedOwner[]> {
    const last = asked.get(environment);
    if (last !== undefined && performance.now() - last.atMs < askedEveryMs) return last.found;
    startedMs ??= performance.now();
    let found = last?.found ?? [];
    try {
      found = pausedForLong(await observe(environment, signal), tellAfterMinutes, nowMs());
      problem = null;
    } catch (error) {
      // An alert that is not told is over, and nobody has said that they were given back.
      if (last === undefined && performance.now() - startedMs < firstAnswerMs) throw error;
      const said = error instanceof Error ? error.message : String(error);
      problem = `cannot tell which owners are still paused: ${plainLine(said, 300)}`;
    }
    asked.set(environment, { atMs: performance.now(), found });
    return found;
  }

  return {
    async alerts(environment, signal) {
      if (pauseOwners === undefined) return [];
      const found = await ask(environment, pauseOwners.tellAfterMinutes, signal);
      return found.map(({ key, name, sinceMs, resumeWith, keeps }) => ({
        ...{ kind: 'alert', id: `paused-owner/${key}`, status: 'firing', severity: 'warning' },
        atMs: sinceMs,
        scope: { environment, service: keeps.service },
        title: `${name} is still paused by Sentinel; put what should last into Git, then: ${resumeWith}`,
        attributes: {},
      }));
    },
    problem: () => problem,
  };
}
