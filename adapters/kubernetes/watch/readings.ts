// A cluster as a watched system: what its namespaces do, as metrics, log lines, changes and alerts of the services in them. It is
// followed all the time and asked now and then, so nothing between two questions is lost.

import type { AlertEvent, ChangeEvent, LogRecord, Observation } from '../../../domain/observation.ts';
import type { Readings } from '../../../ingest/watched.ts';
import type { WatchSurroundings } from '../../executor-vendor.ts';
import { type Api, createApi, KubernetesError } from '../api.ts';
import { openCluster } from '../cluster.ts';
import { createIdentity } from '../identity.ts';
import type { KubernetesSettings } from '../settings.ts';
import { type Change, changesOf, earlierRollout } from './changes.ts';
import { type Condition, conditionsOf, keyOf } from './conditions.ts';
import { type Line, linesOfPod, linesOfWarning } from './ends.ts';
import { type Followed, follow, type Pace, usualPace } from './follow.ts';
import { levelsOf } from './levels.ts';
import { createPausedOwners } from './paused.ts';
import { Rollouts } from './rollouts.ts';
import { attributesOf, type Belongs, createView, targetOf } from './view.ts';
import { createWarnings } from './warnings.ts';

export type WatchSettings = KubernetesSettings & { readonly name: string };

/** Lines and changes that nobody has asked for yet; the oldest go, and how many is told. */
const mostWaiting = 5_000;
/** For how long it is told that some were dropped. */
const droppedToldMs = 600_000;
const mostServices = 20_000;

const isRecent = (atMs: number): boolean => performance.now() - atMs < droppedToldMs;

type Told = { readonly of: Belongs; readonly atMs: number; readonly pod: string } & (
  | { readonly line: Line }
  | { readonly change: Change }
);

export function createKubernetesReadings(
  settings: WatchSettings,
  { nowMs, serviceOf }: Pick<WatchSurroundings, 'nowMs' | 'serviceOf'>,
  api: Api = createApi(createIdentity(settings, 'read'), settings.requestTimeoutSeconds * 1_000),
  pace: Pace = usualPace,
  observe = openCluster(settings, nowMs).observe,
): Readings {
  const { cluster } = settings;
  const source = `kubernetes/${cluster}`;
  /** By environment: what has happened since it was asked for. */
  const waiting = new Map<string, Told[]>();
  /** By environment: until when all that was heard has been told. */
  const toldAtMs = new Map<string, number>();
  let dropped = 0;
  let droppedAtMs = Number.NEGATIVE_INFINITY;
  const rollouts = new Rollouts();
  const paused = createPausedOwners(settings, observe, nowMs);
  const services = new Map<string, string>();
  const warnings = createWarnings(settings);
  let followed: readonly (Followed & { readonly needed: boolean; readonly leftOut: () => number })[] = [];
  let earlierTold = false;

  function happened(told: Told): void {
    for (const queue of waiting.values()) {
      queue.push(told);
      if (queue.length <= mostWaiting) continue;
      queue.shift();
      dropped = isRecent(droppedAtMs) ? dropped + 1 : 1;
      droppedAtMs = performance.now();
    }
  }

  const view = createView(
    settings,
    {
      pod(heard) {
        const pod = heard.after;
        if (pod === null) return;
        for (const line of linesOfPod(heard))
          happened({ of: view.belongsTo(pod), pod: pod.name, atMs: nowMs(), line });
      },
      workload(heard) {
        rollouts.note(heard.before, heard.after, heard.initial, nowMs());
        for (const change of changesOf(heard, nowMs())) happenedTo(change);
      },
      warning(heard) {
        warnings.note(heard, nowMs() + view.warningsAheadMs());
        for (const line of linesOfWarning(heard))
          if (heard.after !== null)
            happened({ of: view.aboutWarning(heard.after), pod: '', atMs: nowMs(), line });
      },
    },
    nowMs,
  );

  function happenedTo(change: Change): void {
    const { namespace, kind, name, service } = change.workload;
    const of: Belongs = { namespace, kind, name, service, workload: change.workload };
    happened({ of, pod: '', atMs: change.atMs, change });
  }

  function start(): void {
    followed = view.sources.map(({ path, needed, collection }) => {
      const one = follow(api, path, collection, pace);
      return { ...one, needed, leftOut: collection.leftOut };
    });
  }

  function serviceIn(environment: string, of: Belongs): string {
    const target = targetOf(cluster, environment, of);
    const key = JSON.stringify([environment, target.resource, of.service]);
    const known = services.get(key);
    if (known !== undefined) return known;
    const service = serviceOf(target);
    if (services.size >= mostServices) services.clear();
    services.set(key, service);
    return service;
  }

  function problems(needed: boolean): readonly string[] {
    const broken = followed.filter(
      (one) => one.needed === needed && performance.now() - (one.brokenSinceMs() ?? Infinity) > pace.staleMs,
    );
    return broken.flatMap((one) => one.problem() ?? []);
  }

  function tellEarlier(): void {
    if (earlierTold) return;
    earlierTold = true;
    for (const { all, aheadMs } of view.workloads)
      for (const workload of all.values())
        for (const change of earlierRollout(
          workload,
          view.replicaSetsOf(workload.uid),
          aheadMs() ?? 0,
          nowMs(),
        ))
          happenedTo(change);
  }

  function observed(told: Told, environment: string): LogRecord | ChangeEvent {
    const service = serviceIn(environment, told.of);
    const attributes = attributesOf(cluster, told.of);
    if ('change' in told) {
      const { id, type, summary, attributes: more } = told.change;
      return {
        ...{ kind: 'change', id: `${source}/${id}`, type, environment, service, atMs: told.atMs, summary },
        attributes: { ...attributes, ...more },
      };
    }
    const pod: Readonly<Record<string, string>> = told.pod === '' ? {} : { 'k8s.pod.name': told.pod };
    const scope = { environment, service, ...(told.pod === '' ? {} : { resourceId: told.pod }) };
    return {
      ...{ kind: 'log', scope, atMs: told.atMs, ...told.line, fromOutside: true },
      attributes: { ...attributes, ...pod },
    };
  }

  function alertOf(condition: Condition, environment: string): AlertEvent {
    const { of, trouble, severity, title, sinceMs, pod } = condition;
    return {
      ...{ kind: 'alert', id: keyOf(of, trouble), status: 'firing', atMs: sinceMs, severity, title, source },
      scope: { environment, service: serviceIn(environment, of) },
      attributes: { ...attributesOf(cluster, of), ...(pod === '' ? {} : { 'k8s.pod.name': pod }) },
    };
  }

  return {
    alertsFrom: source,
    changesUntilMs: (environment) => toldAtMs.get(environment) ?? null,
    async read(environment, signal) {
      const askedAtMs = nowMs();
      if (!waiting.has(environment)) waiting.set(environment, []);
      if (followed.length === 0) start();
      // Until all of it is there, what is known is no picture of anything.
      const unlisted = followed.find((one) => one.needed && !one.listed());
      if (unlisted !== undefined)
        throw new KubernetesError('unreachable', unlisted.problem() ?? `${source} is being listed`);
      const [away] = problems(true);
      if (away !== undefined) throw new KubernetesError('unreachable', away);
      const pausedOwners = await paused.alerts(environment, signal);
      tellEarlier();
      const queue = waiting.get(environment) ?? [];
      waiting.set(environment, []);
      toldAtMs.set(environment, askedAtMs);
      const troubles = conditionsOf(view, nowMs());
      const warned = warnings.conditions(view.aboutWarning, troubles, view.warningsAheadMs(), nowMs());
      const levels = levelsOf(view, rollouts, environment, (of) => serviceIn(environment, of), nowMs());
      return [
        ...levels,
        ...queue.map((told): Observation => observed(told, environment)),
        ...[...troubles, ...warned].map((condition) => alertOf(condition, environment)),
        ...pausedOwners.map((alert) => ({ ...alert, source })),
      ];
    },
    problem() {
      const left = followed.reduce((sum, { leftOut }) => sum + leftOut(), 0);
      const owners = paused.problem();
      const said = [
        ...problems(true),
        ...problems(false),
        ...(owners === null ? [] : [owners]),
        ...(left > 0
          ? [`${left} ${left === 1 ? 'object was' : 'objects were'} left out: too many, or unreadable`]
          : []),
        ...(isRecent(droppedAtMs) ? [`${dropped} lines and changes were dropped: too many at once`] : []),
      ];
      return said[0] ?? null;
    },
    async close() {
      await Promise.all(followed.map(({ stop }) => stop()));
    },
  };
}
