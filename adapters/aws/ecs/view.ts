// What Sentinel sees of the services of one cluster: as targets, and one of them right before something is done to it.

import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { AwsError, type Refusal, refused } from '../answers.ts';
import type { Sessions } from '../session.ts';
import { openEcs } from './api.ts';
import { openAutoScaling } from './auto-scaling.ts';
import { arnsOf } from './rights.ts';
import type { Scaling } from './scaling.ts';
import type { EcsSettings } from './settings.ts';
import { ownerOf, protectionOf, stateOf, supportedBy } from './state.ts';
import type { Service, Task } from './wire.ts';

export type EcsView = ReturnType<typeof openView>;

export function openView(settings: EcsSettings, sessions: Sessions, nowMs: () => number) {
  const ecs = openEcs(settings, sessions);
  const autoScaling = openAutoScaling(settings, sessions, nowMs);
  const prefix = `ecs/${settings.cluster}/`;
  const servedBy = new Map(settings.services.map(({ name, serves }) => [name, serves ?? name]));
  const scales = settings.actions.includes('scale');

  function targetOf(
    service: Service,
    tasks: readonly Task[],
    scaling: Scaling | undefined,
    environment: string,
  ): TargetState {
    const name = service.serviceName;
    const why = protectionOf(settings, service);
    return {
      target: { environment, service: servedBy.get(name) ?? name, resource: `${prefix}${name}` },
      executor: settings.name,
      ...stateOf(service, tasks),
      ...ownerOf(service, scaling),
      observedAtMs: nowMs(),
      ...(why === undefined ? {} : { protected: why }),
      supports: why === undefined ? supportedBy(settings, service) : [],
    };
  }

  async function seen(
    service: Service,
    scaling: Scaling | undefined,
    environment: string,
    signal?: AbortSignal,
  ): Promise<TargetState> {
    const name = service.serviceName;
    const [tasks, releases] = await Promise.all([
      ecs.tasksOf(name, signal),
      settings.actions.includes('rollback-release') ? ecs.releasesOf(name, signal) : [],
    ]);
    const target = targetOf(service, tasks, scaling, environment);
    const previous = releases.find((release) => release !== target.release);
    return previous === undefined ? target : { ...target, previousRelease: previous };
  }

  /** What cannot be asked about is left open here: the dry run and the call ask again, and refuse a new count. */
  async function scalingOf(
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Scaling>> {
    if (!scales || names.length === 0) return new Map();
    try {
      return await autoScaling.of(names, signal);
    } catch (error) {
      if (error instanceof AwsError) return new Map();
      throw error;
    }
  }

  return {
    ecs,

    async observe(
      environment: string,
      service?: string,
      signal?: AbortSignal,
    ): Promise<readonly TargetState[]> {
      const names = settings.services
        .map(({ name }) => name)
        .filter((name) => service === undefined || servedBy.get(name) === service);
      if (names.length === 0) return [];
      const [found, scaling] = await Promise.all([ecs.describe(names, signal), scalingOf(names, signal)]);
      return Promise.all(found.map((one) => seen(one, scaling.get(one.serviceName), environment, signal)));
    },

    async after(service: Service, environment: string, signal?: AbortSignal): Promise<TargetState> {
      const name = service.serviceName;
      return seen(service, (await scalingOf([name], signal)).get(name), environment, signal);
    },

    /** Throws an `AwsError` when nobody can tell. */
    async scaling(service: string, signal?: AbortSignal): Promise<Scaling | undefined> {
      return (await autoScaling.of([service], signal)).get(service);
    },

    /** The service of the target, or why it is none of ours. */
    async find(target: Intent['target'], signal?: AbortSignal): Promise<Service | Refusal> {
      const { resource = '' } = target;
      const name = resource.startsWith(prefix) ? resource.slice(prefix.length) : '';
      if (!servedBy.has(name))
        return refused('unknown-target', `the configuration of ${settings.name} does not name ${resource}`);
      const service = await ecs.one(name, signal);
      if (service === null)
        return refused('unknown-target', `there is no service ${name} in cluster ${settings.cluster}`);
      const why = protectionOf(settings, service);
      return why === undefined ? service : refused('protected', `nothing may act on ${name}: ${why}`);
    },

    async taskById(id: string, signal?: AbortSignal): Promise<Task | null> {
      return (await ecs.tasksByArn([arnsOf(settings).task(id)], signal))[0] ?? null;
    },
  };
}
