// Everything noticed about one service, and whether a service it depends on explains it: the middle layer between
// figures and hypotheses.

import type { ChangeEvent } from '../observation.ts';
import type { CallStats, Rise } from './call-stats.ts';
import { closestChange, type SuspectChange } from './changes.ts';
import type { Features, Outbound, ServiceFeatures } from './features.ts';
import { notLater } from './graph.ts';
import type { DiagnosisInput } from './input.ts';
import { type Onset, onsetIn } from './onset.ts';
import { secondMs } from './paces.ts';
import {
  type CpuSign,
  cpuSign,
  diskSign,
  type ExhaustionSign,
  memorySign,
  type PoolSign,
  poolSign,
  type UnheardSign,
  unheardSign,
} from './signs-resources.ts';
import { type SilenceSign, silenceSign } from './signs-silence.ts';
import { clamp } from './statistics.ts';

export type Signs = {
  /** Errors and slowness of its own that are not over yet. */
  readonly ownErrors: boolean;
  readonly selfTime: boolean;
  /** How large they are, 0..1: a small rise may be chance or the echo of somebody else's trouble. */
  readonly strength: number;
  readonly cpu: CpuSign | null;
  readonly memory: ExhaustionSign | null;
  readonly disk: ExhaustionSign | null;
  readonly pool: PoolSign | null;
  /** What it may be short of has not been heard since the onset. */
  readonly unheard: UnheardSign | null;
  readonly silence: SilenceSign | null;
  readonly down: boolean;
  readonly restarts: number;
  /** The degraded call to somebody outside, if any. */
  readonly outside: Outbound | null;
  readonly surge: boolean;
  readonly release: SuspectChange | null;
  readonly config: SuspectChange | null;
  readonly onset: Onset | null;
};

export function readSigns(input: DiagnosisInput, features: Features): ReadonlyMap<string, Signs> {
  const signs = new Map<string, Signs>();
  for (const service of features.services.values())
    signs.set(service.service, ofService(service, input, features));
  return signs;
}

function ofService(service: ServiceFeatures, input: DiagnosisInput, features: Features): Signs {
  const { replicas } = service;
  const memory = memorySign(service, input.anomalies);
  const disk = diskSign(service, input.anomalies);
  const silence = silenceSign(service, features);
  const outside = outsideSign(service);
  const onset = onsetOf(service, silence, memory);
  const suspect = (type: ChangeEvent['type']) =>
    closestChange(service.changes, type, onset ?? { atMs: input.onsetMs, withinMs: 0 });
  return {
    ownErrors: lasting(service, ({ ownErrors }) => ownErrors),
    selfTime: lasting(service, ({ selfTime }) => selfTime),
    strength: strength(service),
    cpu: cpuSign(service),
    memory,
    disk,
    pool: poolSign(service),
    unheard: unheardSign(service, input.onsetMs, input.nowMs),
    silence,
    down: replicas.down,
    restarts: replicas.restarts,
    outside,
    surge: service.traffic.up && comesFromAbove(service.service, features, new Set()),
    release: suspect('release'),
    config: suspect('config'),
    onset,
  };
}

/** The earliest sign of trouble of its own; else when a detector reported some. */
function onsetOf(
  { server, resources, replicas, ownOnsetMs, anomalyOnsetMs }: ServiceFeatures,
  silence: SilenceSign | null,
  memory: ExhaustionSign | null,
): Onset | null {
  const callStepMs = server?.windows.stepMs ?? secondMs;
  const { stepMs } = resources;
  const own = [
    onsetIn(ownOnsetMs, callStepMs),
    onsetIn(silence?.sinceMs, callStepMs),
    onsetIn(replicas.restartsMs[0], stepMs),
    onsetIn(memory?.trend?.sinceMs, stepMs),
  ].filter((onset) => onset !== null);
  return own.sort((a, b) => a.atMs - b.atMs)[0] ?? onsetIn(anomalyOnsetMs, Math.max(callStepMs, stepMs));
}

/** Up and not over: of the service as a whole, or of an instance that still shows it. */
function lasting({ server, instances }: ServiceFeatures, rise: (stats: CallStats) => Rise): boolean {
  const whole = server === null ? null : rise(server);
  if (whole?.up === true) return !whole.gone;
  return instances.some((one) => {
    const its = one.present && one.server !== null ? rise(one.server) : null;
    return its?.up === true && !its.gone;
  });
}

/** A fifth of all requests failing, or five times the time, is as strong as it needs to be. */
function strength({ server, instances }: ServiceFeatures): number {
  const views = [server, ...instances.map((one) => one.server)].filter((stats) => stats !== null);
  const sizes = views.flatMap(({ ownErrors, selfTime }) => [
    ownErrors.up ? (ownErrors.now - ownErrors.before) / 0.2 : 0,
    selfTime.up ? (selfTime.now / Math.max(0.1, selfTime.before) - 1) / 4 : 0,
  ]);
  return clamp(Math.max(0, ...sizes), 0, 1);
}

/** Demand grew at the entry of some path to it: not a storm of repeats that a failing service draws on itself. */
function comesFromAbove(service: string, features: Features, seen: Set<string>): boolean {
  if (seen.has(service)) return false;
  seen.add(service);
  if (features.graph.isEntry(service)) return features.services.get(service)?.traffic.up === true;
  return features.graph
    .callers(service)
    .some(
      (caller) =>
        features.services.get(caller)?.traffic.up === true && comesFromAbove(caller, features, seen),
    );
}

function outsideSign({ outbound }: ServiceFeatures): Outbound | null {
  const degraded = outbound.filter(
    ({ outside, stats }) =>
      outside && stats.before.requests > 0 && (isLasting(stats.latency) || isLasting(stats.errors)),
  );
  const factor = ({ stats }: Outbound) => stats.latency.now / Math.max(1, stats.latency.before);
  return degraded.sort((a, b) => factor(b) - factor(a))[0] ?? null;
}

/** It rose, and the newest data do not show that it is over. */
export function isLasting({ up, gone }: Rise): boolean {
  return up && !gone;
}

/** Something is wrong with the service itself, or with what only it depends on. */
export function hasTrouble(signs: Signs): boolean {
  return (
    signs.ownErrors ||
    signs.selfTime ||
    signs.cpu !== null ||
    signs.memory !== null ||
    signs.disk !== null ||
    signs.pool !== null ||
    signs.silence?.kind === 'hang' ||
    signs.down ||
    signs.restarts > 0 ||
    signs.outside !== null
  );
}

/** The service behind a degraded call whose own trouble began no later: it explains `service`. Null for none. */
export function explainedBy(
  service: ServiceFeatures,
  features: Features,
  signs: ReadonlyMap<string, Signs>,
): string | null {
  const mine = signs.get(service.service);
  for (const { peer, outside, stats } of service.outbound) {
    if (outside || !(stats.errors.up || stats.latency.up)) continue;
    if (deeperTrouble(peer, mine?.onset ?? null, features, signs, new Set([service.service]))) return peer;
  }
  return null;
}

function deeperTrouble(
  service: string,
  onset: Onset | null,
  features: Features,
  signs: ReadonlyMap<string, Signs>,
  seen: Set<string>,
): boolean {
  if (seen.has(service)) return false;
  seen.add(service);
  const its = signs.get(service);
  if (its !== undefined && hasTrouble(its) && notLater(its.onset, onset)) return true;
  return features.graph
    .callees(service)
    .some((callee) => deeperTrouble(callee, onset, features, signs, seen));
}
