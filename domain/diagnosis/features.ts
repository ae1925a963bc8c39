// From the gathered telemetry to what is known of each service: its calls, its resources, its replicas, its changes,
// and since when something of its own is wrong. Hypotheses reason over these and never over raw buckets.

import type { ObservedState } from '../inventory/target.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../telemetry.ts';
import { batchesOf } from './batches.ts';
import { baselineOf, type CallStats, callStats } from './call-stats.ts';
import { buildGraph, type Graph } from './graph.ts';
import { group } from './grouping.ts';
import { ingestGapUntil } from './ingest-gap.ts';
import type { DiagnosisInput, KnownChange } from './input.ts';
import { type InstanceFeatures, instanceFeatures } from './instances.ts';
import { type LogStats, logStats } from './log-stats.ts';
import { callOnset, earliest } from './onset.ts';
import { coarseFromMs, inSteps, paceOfCalls } from './paces.ts';
import { type Replicas, replicas } from './replicas.ts';
import { type ResourceStats, resourceStats } from './resource-stats.ts';
import { inboundContinues, silentSince } from './silence.ts';
import { type Traffic, traffic } from './traffic.ts';
import { cutWindows, type Windows } from './windows.ts';

export type Outbound = {
  readonly peer: string;
  readonly outside: boolean;
  readonly stats: CallStats;
  /** Callers' instances that see the edge degraded, of how many that use it. */
  readonly instancesDegraded: number;
  readonly instancesUsing: number;
};

export type ServiceFeatures = {
  readonly service: string;
  readonly server: CallStats | null;
  /** What its callers inside see of it. */
  readonly inbound: CallStats | null;
  readonly outbound: readonly Outbound[];
  readonly instances: readonly InstanceFeatures[];
  readonly resources: ResourceStats;
  readonly target: ObservedState | null;
  readonly replicas: Replicas;
  readonly traffic: Traffic;
  readonly logs: LogStats;
  readonly changes: readonly KnownChange[];
  /** Since when no server span of the whole service arrived though it should have; null when it is heard. */
  readonly silentSinceMs: number | null;
  /** Whether callers go on calling it; null when nobody inside calls it. */
  readonly stillCalled: boolean | null;
  /** First second of errors or self time of its own, from the calls. */
  readonly ownOnsetMs: number | null;
  /** Earliest onset of any anomaly reported for it. */
  readonly anomalyOnsetMs: number | null;
};

export type Features = {
  /** Of calls, and of metrics: the two are complete at different times. */
  readonly windows: Windows;
  readonly metricWindows: Windows;
  readonly graph: Graph;
  readonly services: ReadonlyMap<string, ServiceFeatures>;
};

export function extractFeatures(input: DiagnosisInput): Features {
  const gapUntilMs = ingestGapUntil(input.calls, input.metrics, input.nowMs, input.ranges);
  const rows = inSteps(input.calls, input.nowMs);
  const windowsOf = windowsByPace(rows, input, gapUntilMs);
  const windows = windowsOf(rows);
  const metricWindows = cutWindows(input.metrics, input, gapUntilMs);
  const graph = buildGraph(input);
  const calls = groupCalls(rows, input.nowMs);
  const metrics = group(input.metrics, ({ service }) => service);
  const logs = group(input.logs, ({ service }) => service);
  const services = new Map<string, ServiceFeatures>();
  for (const service of graph.services) {
    services.set(
      service,
      ofService(service, { input, windowsOf, windows, metricWindows, graph, calls, metrics, logs }),
    );
  }
  return { windows, metricWindows, graph, services };
}

type WindowsOf = (rows: readonly CallBucket[]) => Windows;

/** Those for the usual pace of some rows: what comes at one pace is complete at one time. */
function windowsByPace(
  calls: readonly CallBucket[],
  input: Pick<DiagnosisInput, 'nowMs' | 'onsetMs'>,
  gapUntilMs: number,
): WindowsOf {
  const known = new Map<number, Windows>();
  return (rows) => {
    const stepMs = paceOfCalls(rows);
    const mine = known.get(stepMs);
    if (mine !== undefined) return mine;
    const alike = calls.filter((row) => paceOfCalls([row]) === stepMs);
    const batchMs = stepMs < coarseFromMs ? batchesOf(alike, input.nowMs) : 0;
    const cut = cutWindows(alike, input, gapUntilMs, stepMs, batchMs);
    known.set(stepMs, cut);
    return cut;
  };
}

type Material = {
  readonly input: DiagnosisInput;
  readonly windowsOf: WindowsOf;
  readonly windows: Windows;
  readonly metricWindows: Windows;
  readonly graph: Graph;
  readonly calls: GroupedCalls;
  readonly metrics: ReadonlyMap<string, readonly MetricBucket[]>;
  readonly logs: ReadonlyMap<string, readonly LogBucket[]>;
};

function ofService(service: string, material: Material): ServiceFeatures {
  const { input, windowsOf, metricWindows, graph, calls, metrics, logs } = material;
  const serverBuckets = calls.server.get(service) ?? [];
  const server = serverBuckets.length === 0 ? null : callStats(serverBuckets, windowsOf(serverBuckets));
  const inboundBuckets = calls.inbound.get(service) ?? [];
  const inbound = inboundBuckets.length === 0 ? null : callStats(inboundBuckets, windowsOf(inboundBuckets));
  const resources = resourceStats(metrics.get(service) ?? [], metricWindows);
  const target = input.targets.find((candidate) => candidate.target.service === service) ?? null;
  const anomalies = input.anomalies.filter(({ scope }) => scope.service === service);
  const stillCalled = inbound === null ? null : inboundContinues(inbound);
  const instances = instanceFeatures({
    ...{ serverBuckets, server, resources, target, metricWindows },
    windows: server?.windows ?? material.windows,
  });
  const silent = server === null ? null : silentSince(server);
  return {
    service,
    server,
    inbound,
    outbound: outbound(service, calls, graph, windowsOf),
    instances,
    resources,
    target,
    replicas: replicas({ target, resources, onsetMs: input.onsetMs }),
    traffic: traffic([
      { stats: server, buckets: serverBuckets },
      { stats: inbound, buckets: inboundBuckets },
    ]),
    logs: logStats(logs.get(service) ?? [], material.windows),
    changes: input.changes.filter((change) => change.service === service),
    silentSinceMs: stillCalled === false ? null : silent,
    stillCalled,
    ownOnsetMs: server === null ? null : callOnset(serverBuckets, server, input.onsetMs),
    anomalyOnsetMs: earliest(anomalies.map(({ onsetMs }) => onsetMs)),
  };
}

function outbound(
  service: string,
  calls: GroupedCalls,
  graph: Graph,
  windowsOf: WindowsOf,
): readonly Outbound[] {
  return [...(calls.client.get(service) ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([peer, buckets]) => {
      const windows = windowsOf(buckets);
      const baseline = baselineOf(buckets, windows.before);
      const users = [...group(buckets, ({ instance }) => instance).values()]
        .map((mine) => callStats(mine, windows, baseline))
        .filter(({ during }) => during.requests >= 3);
      return {
        peer,
        outside: graph.isOutside(peer),
        stats: callStats(buckets, windows, baseline),
        instancesDegraded: users.filter(({ errors, latency }) => errors.up || latency.up).length,
        instancesUsing: users.length,
      };
    });
}

type GroupedCalls = {
  readonly server: ReadonlyMap<string, readonly CallBucket[]>;
  readonly inbound: ReadonlyMap<string, readonly CallBucket[]>;
  readonly client: ReadonlyMap<string, ReadonlyMap<string, readonly CallBucket[]>>;
};

function groupCalls(calls: readonly CallBucket[], nowMs: number): GroupedCalls {
  const known = calls.filter(({ atMs }) => atMs < nowMs);
  const client = known.filter(({ side }) => side === 'client');
  const byCaller = group(client, ({ service }) => service);
  return {
    server: group(
      known.filter(({ side }) => side === 'server'),
      ({ service }) => service,
    ),
    inbound: group(client, ({ peer }) => peer),
    client: new Map([...byCaller].map(([service, mine]) => [service, group(mine, ({ peer }) => peer)])),
  };
}
