/** A cluster that is followed as a process does it: asked again and again, into real detection and correlation, by a clock that the test moves. */
import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import { type Api, createApi } from '../../../adapters/kubernetes/api.ts';
import type { KubernetesSettings } from '../../../adapters/kubernetes/settings.ts';
import { type Pace, usualPace } from '../../../adapters/kubernetes/watch/follow.ts';
import { createKubernetesReadings } from '../../../adapters/kubernetes/watch/readings.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../domain/detection/engine.ts';
import type { Observation } from '../../../domain/observation.ts';
import { createDispatcher, defaultDispatchSettings } from '../../../ingest/dispatch.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import type { InboxItem } from '../../../ingest/ports.ts';
import { watch } from '../../../ingest/watched.ts';
import { TestApp } from '../../ingest/support/app.ts';
import { MemoryStarter, silentLog } from '../../ingest/support/memory.ts';
import { eventually } from '../../integration/support/wait.ts';
import type { Cluster } from './control-plane.ts';
import { environment } from './workloads.ts';

export type Watching = {
  /** Everything that was read so far, as the cluster told it. */
  readonly seen: Observation[];
  /** The telemetry of it, as detection got it. */
  readonly observed: readonly Observation[];
  /** What has gone into the inbox. */
  readonly items: readonly InboxItem[];
  readonly starter: MemoryStarter;
  /** Asks so often, each time so much later; resolves when all of it has been told. */
  looks(times: number, stepMs?: number): Promise<void>;
  problem(): string | null;
  /** How often the cluster was asked so far, with or without an answer. */
  asked(): number;
  stop(): Promise<void>;
};

export const quickPace: Pace = { ...usualPace, backoffMs: () => 50 };

/** An API whose token can be another one from now on. */
export function apiWithToken(plane: Cluster, server: string, timeoutMs = 30_000): Api & { token: string } {
  const dispatcher = new Agent({ connect: { ca: readFileSync(plane.caFile) } });
  const its = { token: 'admin-token' };
  const api = createApi(
    async () => ({ server, dispatcher, headers: { Authorization: `Bearer ${its.token}` } }),
    timeoutMs,
  );
  return Object.assign(its, api);
}

export function startWatching(
  settings: KubernetesSettings & { readonly name: string },
  api: Api,
  { pace = quickPace, serves = {} as Readonly<Record<string, string>> } = {},
): Watching {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const observed: Observation[] = [];
  const observe: typeof engine.observe = (observations, ...more) => {
    observed.push(...observations);
    return engine.observe(observations, ...more);
  };
  const app = new TestApp({
    detection: {
      observe,
      tick: (...given) => engine.tick(...given),
      setBack: (...given) => engine.setBack(...given),
      flush: (...given) => engine.flush(...given),
    },
  });
  const { clock, inbox, episodes, metrics } = app;
  clock.current = Date.now();
  const starter = new MemoryStarter();
  const dispatcher = createDispatcher({
    ...{ inbox, episodes, starter, clock, metrics, log: silentLog, settings: defaultDispatchSettings },
    correlation: { windowMs: 60_000, maxHops: 1 },
  });
  const items: InboxItem[] = [];
  const put = inbox.put.bind(inbox);
  inbox.put = (given) => {
    items.push(...given);
    return put(given);
  };
  const seen: Observation[] = [];
  const readings = createKubernetesReadings(
    settings,
    {
      nowMs: () => clock.nowMs(),
      serviceOf: ({ service, resource }) => serves[resource ?? ''] ?? service,
    },
    api,
    pace,
  );
  let left = 0;
  let asked = 0;
  let stepMs = 0;
  const watching = watch(
    [
      {
        ...readings,
        name: settings.name,
        environments: [environment],
        async read(where, signal) {
          asked += 1;
          if (left > 0) clock.current += stepMs;
          const read = await readings.read(where, signal);
          seen.push(...read);
          left -= 1;
          return read;
        },
      },
    ],
    {
      ...{ take: app.pipeline.take, inbox, limits: defaultLimits, wake: () => {} },
      looks: { looked: async () => {} },
      positions: { last: async () => null, keep: async () => {} },
      ...{ firing: { firing: async () => [] }, everyMs: 200, clock, metrics, log: silentLog },
    },
  );
  watching.start();
  return {
    seen,
    observed,
    items,
    starter,
    async looks(times, each = 10_000) {
      stepMs = each;
      left = times;
      // One more begins when the last one has been told.
      await eventually(`${times} looks at the cluster`, () => left < 0, 200_000);
      await app.pipeline.tick();
      await dispatcher.drainOnce();
    },
    problem: () => watching.health()[0]?.problem ?? null,
    asked: () => asked,
    async stop() {
      await watching.stop();
      await dispatcher.stop();
    },
  };
}

export const linesOf = (seen: readonly Observation[]): readonly string[] =>
  seen.flatMap((one) => (one.kind === 'log' ? [one.body] : []));
export const changesIn = (items: readonly InboxItem[]): readonly string[] =>
  items.flatMap((item) => (item.kind === 'change' ? [item.change.summary] : []));
/** Findings and alerts: what opens incidents. */
export const anomaliesIn = (items: readonly InboxItem[]) =>
  items.flatMap((item) => (item.kind === 'anomaly' ? [item.anomaly] : []));
