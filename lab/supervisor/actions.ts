/** The actions of the supervisor: what each takes, why it may be refused, and what it does. */
import { z } from 'zod';
import { HttpError } from '../support/http.ts';
import type { ChangeFeed } from './events.ts';
import type { ManagedService } from './service.ts';
import type { Task } from './task.ts';

const taskId = z.string().min(1).max(100);
const version = z.string().min(1).max(50);

export const actionParameters = {
  restart: z.strictObject({ taskId: taskId.optional() }),
  scale: z.strictObject({ replicas: z.number().int().min(1).max(6) }),
  'rollback-release': z.strictObject({ to: version.optional() }),
  'deploy-release': z.strictObject({ release: version }),
  'rollback-config': z.strictObject({ to: version.optional() }),
  'apply-config': z.strictObject({ version }),
  'clear-sandbox': z.strictObject({}),
  drain: z.strictObject({ taskId }),
  undrain: z.strictObject({ taskId }),
} as const;
export type ActionName = keyof typeof actionParameters;
export const actionNames = Object.keys(actionParameters) as ActionName[];

/** The part of a service's state that actions change. */
export interface Snapshot {
  desiredReplicas: number;
  release: string;
  config: string;
  sandboxUsedBytes: number;
  replicas: Array<{ taskId: string; state: string }>;
}

/** An action that was found possible: what it would change, and how to do it. */
export interface Prepared {
  /** The state it aims at, as far as it is known before. */
  target: Partial<Snapshot>;
  /** True when the wanted state was reached within the time. */
  perform: () => Promise<boolean>;
}

export async function snapshot(service: ManagedService): Promise<Snapshot> {
  return {
    desiredReplicas: service.desiredReplicas,
    release: service.releases.current.version,
    config: service.configs.current.version,
    sandboxUsedBytes: await service.sandboxBytes(),
    replicas: service.tasks.map(({ taskId: id, state }) => ({ taskId: id, state })),
  };
}

/** Checks an action against its schema and the service's state; throws the refusal (422). */
export function prepare(
  service: ManagedService,
  action: ActionName,
  given: unknown,
  feed: ChangeFeed,
  attributes: Record<string, string>,
): Prepared {
  const announce = (type: 'release' | 'config' | 'scale' | 'restart', summary: string, more = {}): void =>
    feed.announce(type, service.name, summary, { ...more, ...attributes });

  switch (action) {
    case 'restart': {
      const { taskId: id } = parse('restart', given);
      const tasks = id === undefined ? [...service.tasks] : [findTask(service, id)];
      return {
        target: {},
        perform: async () => {
          announce(
            'restart',
            `${service.name} restarted ${id ?? `all ${tasks.length} replicas`}`,
            id ? { taskId: id } : {},
          );
          return service.replace(tasks);
        },
      };
    }
    case 'scale': {
      const { replicas } = parse('scale', given);
      return {
        target: { desiredReplicas: replicas },
        perform: async () => {
          const from = service.desiredReplicas;
          const change = { from: String(from), to: String(replicas) };
          announce('scale', `${service.name} ${from} → ${replicas} replicas`, change);
          service.desiredReplicas = replicas;
          return service.reconcile();
        },
      };
    }
    case 'rollback-release': {
      const { to } = parse('rollback-release', given);
      return release(
        service,
        to ?? previous(service.releases.previousOf(), service.name, 'release'),
        announce,
      );
    }
    case 'deploy-release':
      return release(service, parse('deploy-release', given).release, announce);
    case 'rollback-config': {
      const { to } = parse('rollback-config', given);
      return config(
        service,
        to ?? previous(service.configs.previousOf(), service.name, 'configuration'),
        announce,
      );
    }
    case 'apply-config':
      return config(service, parse('apply-config', given).version, announce);
    case 'clear-sandbox':
      parse('clear-sandbox', given);
      return {
        target: { sandboxUsedBytes: 0 },
        perform: async () => {
          await service.clearSandbox();
          return true;
        },
      };
    case 'drain':
      return drain(service, parse('drain', given).taskId);
    case 'undrain': {
      const task = findTask(service, parse('undrain', given).taskId);
      return {
        target: {},
        perform: async () => {
          task.setDraining(false);
          return task.inRotation;
        },
      };
    }
  }
}

type Announce = (type: 'release' | 'config', summary: string, more: Record<string, string>) => void;

function parse<A extends ActionName>(action: A, given: unknown): z.infer<(typeof actionParameters)[A]> {
  const result = actionParameters[action].safeParse(given ?? {});
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${['parameters', ...path].join('.')}: ${message}`,
    );
    throw new HttpError(422, `${action}: ${problems.join('; ')}`);
  }
  return result.data as z.infer<(typeof actionParameters)[A]>;
}

function findTask(service: ManagedService, id: string): Task {
  const task = service.tasks.find((candidate) => candidate.taskId === id);
  if (!task) throw new HttpError(422, `${service.name} has no task ${id}`);
  return task;
}

function previous(found: string | undefined, service: string, what: string): string {
  if (found === undefined) throw new HttpError(422, `${service} has no earlier ${what} to go back to`);
  return found;
}

function release(service: ManagedService, to: string, announce: Announce): Prepared {
  if (!service.releases.find(to)) throw new HttpError(422, `${service.name} has no release ${to}`);
  return { target: { release: to }, perform: () => deployRelease(service, to, announce) };
}

/** Also how a new release gets in: from the pipeline, with its change event. */
export function deployRelease(service: ManagedService, to: string, announce: Announce): Promise<boolean> {
  const from = service.releases.current.version;
  announce('release', `${service.name} ${from} → ${to}`, { from, to });
  service.releases.deploy(to);
  return service.replace([...service.tasks]);
}

function config(service: ManagedService, to: string, announce: Announce): Prepared {
  if (!service.configs.find(to)) throw new HttpError(422, `${service.name} has no configuration ${to}`);
  return { target: { config: to }, perform: () => applyConfig(service, to, announce) };
}

/** Running replicas load it at once; one that is waiting to be started again gets it at its start. */
export async function applyConfig(service: ManagedService, to: string, announce: Announce): Promise<boolean> {
  const from = service.configs.current.version;
  announce('config', `${service.name} configuration ${from} → ${to}`, { from, to });
  service.configs.deploy(to);
  service.pushConfig();
  const down = service.tasks.filter(({ state }) => state === 'exited');
  return down.length === 0 || service.replace(down);
}

function drain(service: ManagedService, id: string): Prepared {
  const task = findTask(service, id);
  const others = service.tasks.filter((other) => other !== task && other.inRotation);
  if (others.length === 0) {
    throw new HttpError(
      422,
      `draining ${id} would leave ${service.name} without a replica that takes traffic`,
    );
  }
  return {
    target: {
      replicas: service.tasks.map((t) => ({ taskId: t.taskId, state: t === task ? 'draining' : t.state })),
    },
    perform: async () => {
      task.setDraining(true);
      return true;
    },
  };
}
