// The detection engine: observations in; rows of history, anomalies and call edges out. No clock and no I/O: instants
// come in as arguments, and the same input gives the same output.

import type { TelemetryObservation } from '../observation.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../telemetry.ts';
import type { Anomaly } from './anomaly.ts';
import type { DetectionConfig } from './config.ts';
import { EnvironmentDetector, type Rows } from './environment.ts';
import { FairShare } from './fair-share.ts';
import type { Learnt } from './learnt/learnt.ts';
import {
  type DetectionOutput,
  DropCounter,
  type EnvironmentRows,
  type NewEdge,
  type Refusal,
  type Refused,
} from './output.ts';
import type { Budget } from './watch/budget-watch.ts';

export interface DetectionEngine {
  /**
   * Takes what was received at `receivedMs` (the receiver's clock, ms since the epoch). Rows of a second come out when
   * the second is complete, in this call or in a later one.
   */
  observe(
    observations: readonly TelemetryObservation[],
    receivedMs: number,
    /** Whose share of the limits new environments and services take; everybody's by default. */
    sender?: string,
  ): DetectionOutput;
  /** Lets time pass: closes seconds nobody adds to, and finds silence. Call it about once a second. */
  tick(nowMs: number): DetectionOutput;
  /**
   * Rebuilds the state of one environment from rows of history (any order) before the first `observe`. Emits nothing;
   * what still fires at the end is announced with its old id by the next `observe` or `tick`.
   */
  warm(environment: string, rows: WarmRows): void;
  /**
   * What was learnt since it was last asked for and history cannot give back: to be kept, and given back with `recall`. Of metrics at
   * most `most` an environment, those first that have waited longest. After `setBack` all of it was dropped, as everything else.
   */
  takeLearnt(most: number): readonly Learnt[];
  /** Gives back what was kept, best before `warm`. What is of another version, or of nothing that is configured, is left out. */
  recall(learnt: readonly Learnt[]): void;
  /** How services stand to their objectives. */
  budgets(): readonly Budget[];
  /**
   * Asks whether the receiver's clock was set back: what was learnt by the wrong clock is dropped then, and whoever has
   * history may `warm` again. `observe` and `tick` notice it by themselves, but start cold.
   */
  setBack(nowMs: number): boolean;
  /** The rows of every second that is still open, whatever may still come of it: for a process that ends. Judges nothing. */
  flush(): DetectionOutput;
}

export type WarmRows = {
  readonly calls: readonly CallBucket[];
  readonly metrics: readonly MetricBucket[];
  readonly logs: readonly LogBucket[];
};

/** A clock that goes back further than this was set; a smaller step is waited out. */
const setBackMs = 5_000;
/** Without a call for so long, this process was not receiving: silence is forgiven. */
const pausedMs = 10_000;

export function createDetectionEngine(config: DetectionConfig): DetectionEngine {
  const drops = new DropCounter();
  const environments = new Map<string, EnvironmentDetector>();
  let anomalies: Anomaly[] = [];
  let muted = false;
  let toAnnounce: EnvironmentDetector[] = [];
  let lastMs: number | null = null;

  const shares = new FairShare(config.limits.environments);
  let pushedOut = 0;

  const environmentOf = (name: string, sender: string): EnvironmentDetector => {
    const gone = shares.use(name, sender);
    if (gone !== null && environments.delete(gone)) pushedOut += 1;
    let environment = environments.get(name);
    if (environment === undefined) {
      environment = new EnvironmentDetector(name, config, drops, (anomaly) => {
        if (!muted) anomalies.push(anomaly);
      });
      environments.set(name, environment);
    }
    return environment;
  };

  /** Rows of seconds that were open when the clock was set back. */
  let orphans: EnvironmentRows[] = [];

  const closeAll = (nowMs: number): void => {
    muted = true;
    for (const [name, environment] of environments)
      orphans.push({ environment: name, ...environment.finish(nowMs + 2 * config.buckets.maxWaitMs) });
    muted = false;
  };
  const takeOrphans = (): EnvironmentRows[] => {
    const rows = orphans.filter(
      ({ calls, metrics, logs }) => calls.length + metrics.length + logs.length > 0,
    );
    orphans = [];
    return rows;
  };

  const setBack = (nowMs: number): boolean => {
    if (lastMs === null || nowMs >= lastMs - setBackMs) return false;
    closeAll(lastMs);
    environments.clear();
    toAnnounce = [];
    lastMs = null;
    return true;
  };

  const advance = (nowMs: number): number => {
    setBack(nowMs);
    const now = Math.max(nowMs, lastMs ?? nowMs);
    if (lastMs === null || now - lastMs > pausedMs)
      for (const environment of environments.values()) environment.forgive(now);
    lastMs = now;
    for (const environment of toAnnounce) environment.announce();
    toAnnounce = [];
    return now;
  };

  const finish = (nowMs: number): DetectionOutput => {
    const rows = takeOrphans();
    const edges: NewEdge[] = [];
    for (const [name, environment] of environments) {
      const made = environment.finish(nowMs);
      if (made.calls.length + made.metrics.length + made.logs.length > 0)
        rows.push({ environment: name, ...made });
      for (const edge of environment.takeNewEdges()) edges.push({ environment: name, ...edge });
    }
    const found = anomalies;
    anomalies = [];
    return { rows, anomalies: found, edges, dropped: drops.take() };
  };

  const take = (observation: TelemetryObservation, nowMs: number, sender: string): Refusal | null => {
    if (isBadValue(observation)) return 'bad-value';
    const environment = environmentOf(observation.scope.environment, sender);
    const refusal = environment.add(observation, nowMs, sender);
    const room = pushedOut === 0;
    pushedOut = 0;
    if (!room) return 'environment-limit';
    // Its own is in; what had to go for it is what there was no room for.
    return refusal ?? (environment.takeEvicted() > 0 ? 'service-limit' : null);
  };

  return {
    observe(observations, receivedMs, sender = '') {
      const nowMs = advance(receivedMs);
      const refused = new Map<Refusal, Refused>();
      for (const observation of observations) {
        const reason = take(observation, nowMs, sender);
        if (reason === null) continue;
        drops.add(reason);
        const { count, first } = refused.get(reason) ?? { count: 0, first: observation };
        refused.set(reason, { reason, count: count + 1, first });
      }
      const output = finish(nowMs);
      return refused.size === 0 ? output : { ...output, refused: [...refused.values()] };
    },

    tick(nowMs) {
      const now = advance(nowMs);
      for (const environment of environments.values()) environment.tick(now);
      return finish(now);
    },

    setBack,

    takeLearnt: (most) => [...environments.values()].flatMap((environment) => environment.takeLearnt(most)),

    recall(learnt) {
      for (const one of learnt) environmentOf(one.environment, '').recall(one);
    },

    budgets: () => [...environments.values()].flatMap((environment) => environment.budgetsLeft()),

    flush() {
      if (lastMs !== null) closeAll(lastMs);
      return { rows: takeOrphans(), anomalies: [], edges: [], dropped: drops.take() };
    },

    warm(name, rows) {
      const environment = environmentOf(name, '');
      muted = true;
      for (const [atMs, second] of bySecond(rows)) environment.replay(second, atMs);
      muted = false;
      toAnnounce.push(environment);
    },
  };
}

/** Ingest refuses such values with a clear answer; the engine only makes sure that none gets into its state. */
function isBadValue(observation: TelemetryObservation): boolean {
  const atMs = observation.kind === 'span' ? observation.startMs + observation.durationMs : observation.atMs;
  if (!Number.isFinite(atMs)) return true;
  switch (observation.kind) {
    case 'span':
      return !(observation.durationMs >= 0);
    case 'gauge':
    case 'counter':
      return !Number.isFinite(observation.value);
    case 'histogram':
      return !(Number.isFinite(observation.count) && Number.isFinite(observation.sum));
    case 'log':
      return false;
  }
}

function bySecond(rows: WarmRows): [number, Rows][] {
  const seconds = new Map<number, Rows>();
  const at = (atMs: number): Rows => {
    const second = Math.floor(atMs / 1000) * 1000;
    let found = seconds.get(second);
    if (found === undefined) {
      found = { calls: [], metrics: [], logs: [] };
      seconds.set(second, found);
    }
    return found;
  };
  for (const row of rows.calls) at(row.atMs).calls.push(row);
  for (const row of rows.metrics) at(row.atMs).metrics.push(row);
  for (const row of rows.logs) at(row.atMs).logs.push(row);
  return [...seconds].sort(([a], [b]) => a - b);
}
