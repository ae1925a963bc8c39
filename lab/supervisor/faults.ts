/** Injects faults into the running system and takes them back. */

import type { Defect, ReplicaFault } from '../services/messages.ts';
import { HttpError } from '../support/http.ts';
import { type ServiceName, topology } from '../topology.ts';
import { applyConfig, deployRelease } from './actions.ts';
import type { Cluster } from './cluster.ts';
import type { ChangeFeed } from './events.ts';
import {
  type FaultKind,
  type FaultParameters,
  type FaultRequest,
  faultKinds,
  faultParameters,
} from './fault-kinds.ts';
import type { ManagedService } from './service.ts';
import type { Task } from './task.ts';

interface Injected {
  isActive: () => boolean;
  heal: () => Promise<void>;
}

export interface FaultView {
  id: string;
  kind: FaultKind;
  service: string;
  with: Record<string, unknown>;
  injectedAt: string;
  /** Still has a cause in the system; false once it was fixed, has healed or was taken back. */
  active: boolean;
}

/** What faults are put into. */
export type Faulty = Pick<Cluster, 'services' | 'setDependencyDelay' | 'setSurge'>;

export class FaultInjector {
  private readonly cluster: Faulty;
  private readonly feed: ChangeFeed;
  private readonly injected: Array<{ view: Omit<FaultView, 'active'>; fault: Injected }> = [];

  constructor(cluster: Faulty, feed: ChangeFeed) {
    this.cluster = cluster;
    this.feed = feed;
  }

  views(): FaultView[] {
    return this.injected.map(({ view, fault }) => ({ ...view, active: fault.isActive() }));
  }

  /** Resolves when the fault is in: for a release or a configuration, when it is rolled out. */
  async inject(request: FaultRequest): Promise<FaultView> {
    const { kind, service, parameters } = check(this.cluster, request);
    const id = `fault-${this.injected.length + 1}`;
    const injectedAt = new Date().toISOString();
    const view = { id, kind, service: service.name, with: parameters, injectedAt };
    const entry = { view, fault: { isActive: () => true, heal: async () => {} } as Injected };
    this.injected.push(entry);
    entry.fault = await this.start(id, kind, service, parameters);
    return { ...view, active: entry.fault.isActive() };
  }

  /** Takes back one fault, or all. */
  async heal(id?: string): Promise<string[]> {
    const chosen = this.injected.filter(
      ({ view, fault }) => (id === undefined || view.id === id) && fault.isActive(),
    );
    for (const { fault } of chosen.toReversed()) await fault.heal();
    return chosen.map(({ view }) => view.id);
  }

  private start(
    id: string,
    kind: FaultKind,
    service: ManagedService,
    given: Record<string, unknown>,
  ): Promise<Injected> {
    switch (kind) {
      case 'bad-release': {
        const { errorRate, latencyMs, memoryMbPerSecond } = given as FaultParameters<'bad-release'>;
        return this.ship(service, 'release', { errorRate, latencyMs, memoryMbPerSecond });
      }
      case 'bad-config': {
        const { errorRate, latencyMs, delaySeconds } = given as FaultParameters<'bad-config'>;
        return this.ship(service, 'config', { errorRate, latencyMs }, Date.now() + delaySeconds * 1000);
      }
      case 'crash-loop': {
        const { afterSeconds, trigger } = given as FaultParameters<'crash-loop'>;
        return this.ship(service, trigger, { crashAfterSeconds: afterSeconds });
      }
      case 'slow-dependency': {
        const { delayMs } = given as FaultParameters<'slow-dependency'>;
        return Promise.resolve(this.slowDependency(service.name, delayMs));
      }
      case 'traffic-surge':
        return Promise.resolve(this.surge(service.name, (given as FaultParameters<'traffic-surge'>).factor));
      case 'disk-fill': {
        service.diskFill = { id, kind, ...(given as FaultParameters<'disk-fill'>) };
        service.assignDiskFill();
        return Promise.resolve({
          isActive: () => service.diskFill?.id === id,
          heal: () => service.clearSandbox(),
        });
      }
      default: {
        const { replicas, ...parameters } = given as { replicas?: number };
        const tasks = service.tasks.filter((task) => task.inRotation).slice(0, replicas);
        return Promise.resolve(insideTasks(service, tasks, { id, kind, ...parameters } as ReplicaFault));
      }
    }
  }

  /** A new release or configuration, from the delivery pipeline and with its change event. */
  private async ship(
    service: ManagedService,
    what: 'release' | 'config',
    defect: Defect,
    effectiveAtMs = 0,
  ): Promise<Injected> {
    const line = what === 'release' ? service.releases : service.configs;
    const deploy = what === 'release' ? deployRelease : applyConfig;
    const announce = (type: 'release' | 'config', summary: string, more: Record<string, string>): void =>
      this.feed.announce(type, service.name, summary, { ...more, actor: 'delivery-pipeline' });
    const before = line.current.version;
    const harmful = Object.values(defect).some((value) => value > 0);
    const version = line.create(defect, effectiveAtMs);
    await service.exclusively(() => deploy(service, version, announce));
    return {
      // A version without any defect is a change and nothing else: there is nothing to fix.
      isActive: () => harmful && line.current.version === version,
      heal: async () => {
        await service.exclusively(() => deploy(service, before, announce));
      },
    };
  }

  private slowDependency(service: ServiceName, delayMs: number): Injected {
    let active = true;
    this.cluster.setDependencyDelay(service, delayMs);
    return {
      isActive: () => active,
      heal: async () => {
        active = false;
        this.cluster.setDependencyDelay(service, 0);
      },
    };
  }

  private surge(service: ServiceName, factor: number): Injected {
    let active = true;
    this.cluster.setSurge({ service, factor });
    return {
      isActive: () => active,
      heal: async () => {
        active = false;
        this.cluster.setSurge(undefined);
      },
    };
  }
}

function check(
  cluster: Faulty,
  { kind, service: name, with: given = {} }: FaultRequest,
): { kind: FaultKind; service: ManagedService; parameters: Record<string, unknown> } {
  if (!faultKinds.includes(kind))
    throw new HttpError(422, `there is no fault kind ${kind}: ${faultKinds.join(', ')}`);
  const service = cluster.services.get(name as ServiceName);
  if (!service) throw new HttpError(422, `there is no service ${name}`);
  if (kind === 'traffic-surge' && !topology[service.name].surgePath) {
    throw new HttpError(422, `${name} takes no requests, so no surge can be made for it`);
  }
  const result = faultParameters[kind].safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${['with', ...path].join('.')}: ${message}`,
    );
    throw new HttpError(422, problems.join('; '));
  }
  return { kind, service, parameters: result.data };
}

/** A fault inside processes goes when they are replaced; an out-of-memory kill brings a leak back. */
function insideTasks(service: ManagedService, tasks: Task[], fault: ReplicaFault): Injected {
  const endsAtMs = fault.kind === 'transient-spike' ? Date.now() + fault.durationSeconds * 1000 : Infinity;
  for (const task of tasks) {
    if (fault.kind === 'crash') task.crash(fault);
    else task.startFault(fault, fault.kind === 'memory-leak');
  }
  const affected = (): Task[] =>
    service.tasks.filter((task) => tasks.includes(task) && task.faults.has(fault.id));
  const mustReplace = fault.kind === 'crash' || (fault.kind === 'hang' && fault.mode === 'process');
  return {
    isActive: () => Date.now() < endsAtMs && affected().some(({ state }) => state !== 'draining'),
    heal: async () => {
      if (mustReplace) await service.exclusively(() => service.replace(affected()));
      else await Promise.all(affected().map((task) => task.stopFault(fault.id)));
    },
  };
}
