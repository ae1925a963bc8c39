/** One service of the shop as the supervisor runs it: its tasks, releases, configurations and sandbox. */
import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBytes } from '../services/journal.ts';
import type { ReplicaFault, ReplicaStart } from '../services/messages.ts';
import { replicaLimits, type ServiceName, topology } from '../topology.ts';
import type { Task, TaskView } from './task.ts';
import { VersionLine } from './versions.ts';

/** What the services share: made once by the cluster. */
export interface Surroundings {
  dir: string;
  newTaskId: (service: ServiceName) => string;
  describe: (service: ManagedService, task: Task) => ReplicaStart;
  /** Starts a replica: a process of the shop, or what stands for one. */
  startTask: (...given: ConstructorParameters<typeof Task>) => Task;
  /** The set of replicas in rotation may have changed. */
  onChange: () => void;
}

export interface ServiceView {
  service: ServiceName;
  /** Grows with every change: whoever read it can make an effect depend on it. */
  revision: number;
  desiredReplicas: number;
  release: string;
  /** What a rollback goes back to; null when there is nothing before. */
  previousRelease: string | null;
  releases: Array<{ release: string; at: string }>;
  config: { version: string; previous: string | null; history: Array<{ version: string; at: string }> };
  sandbox: { usedBytes: number; limitBytes: number };
  replicas: TaskView[];
}

const healthyLimitMs = 8_000;

export class ManagedService {
  readonly name: ServiceName;
  readonly releases: VersionLine;
  readonly configs: VersionLine;
  readonly sandboxDir: string;
  private readonly surroundings: Surroundings;
  tasks: Task[] = [];
  desiredReplicas: number;
  /** The disk is being filled by whichever task is the first. */
  diskFill: ReplicaFault | undefined;
  revision = 1;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(name: ServiceName, surroundings: Surroundings) {
    this.name = name;
    this.surroundings = surroundings;
    this.releases = new VersionLine('v', Date.now());
    this.configs = new VersionLine('c', Date.now());
    this.desiredReplicas = topology[name].replicas;
    this.sandboxDir = join(surroundings.dir, 'sandbox', name);
    mkdirSync(this.sandboxDir, { recursive: true });
  }

  /** Runs changes of this service one after the other; each is a revision of its own. What `admit` refuses changes nothing. */
  exclusively<T>(change: () => Promise<T>, admit: () => void = () => {}): Promise<T> {
    const counted = async (): Promise<T> => {
      admit();
      try {
        return await change();
      } finally {
        this.revision += 1;
      }
    };
    const result = this.queue.then(counted, counted);
    this.queue = result.catch(() => {});
    return result;
  }

  view(usedBytes: number): ServiceView {
    return {
      service: this.name,
      revision: this.revision,
      desiredReplicas: this.desiredReplicas,
      release: this.releases.current.version,
      previousRelease: this.releases.previousOf() ?? null,
      releases: this.releases.history.map(({ version, at }) => ({ release: version, at })),
      config: {
        version: this.configs.current.version,
        previous: this.configs.previousOf() ?? null,
        history: this.configs.history,
      },
      sandbox: { usedBytes, limitBytes: replicaLimits.sandboxBytes },
      replicas: this.tasks.map((task) => task.view()),
    };
  }

  sandboxBytes(): Promise<number> {
    return folderBytes(this.sandboxDir);
  }

  /** Starts what is missing or stops what is too much; true when all wanted replicas are in rotation. */
  async reconcile(limitMs = healthyLimitMs): Promise<boolean> {
    const surplus = this.tasks.splice(this.desiredReplicas);
    const stopping = surplus.map((task) => task.stop());
    while (this.tasks.length < this.desiredReplicas) this.tasks.push(this.newTask());
    const fresh = this.tasks.filter((task) => task.state === 'starting');
    const healthy = await Promise.all(fresh.map((task) => task.whenInRotation(limitMs)));
    this.assignDiskFill();
    await Promise.all(stopping);
    return healthy.every(Boolean);
  }

  /** Replaces tasks one at a time, each successor in rotation before its predecessor leaves. */
  async replace(tasks: Task[]): Promise<boolean> {
    const stopping: Promise<void>[] = [];
    let healthy = true;
    for (const old of tasks) {
      const fresh = this.newTask();
      this.tasks.splice(this.tasks.indexOf(old) + 1, 0, fresh);
      healthy = (await fresh.whenInRotation(healthyLimitMs)) && healthy;
      this.tasks = this.tasks.filter((task) => task !== old);
      stopping.push(old.stop());
      this.assignDiskFill();
    }
    await Promise.all(stopping);
    return healthy;
  }

  private newTask(): Task {
    const { newTaskId, describe, startTask, onChange } = this.surroundings;
    const release = this.releases.current.version;
    return startTask(newTaskId(this.name), release, (task) => describe(this, task), onChange);
  }

  /** Gives every task the current configuration, without a restart. */
  pushConfig(): void {
    for (const task of this.tasks) task.send({ type: 'config', config: this.configs.current });
  }

  assignDiskFill(): void {
    const [first] = this.tasks;
    if (this.diskFill && first && !first.faults.has(this.diskFill.id)) first.startFault(this.diskFill, true);
  }

  /** Ends a filling of the disk and empties the sandbox folder. */
  async clearSandbox(): Promise<void> {
    const fault = this.diskFill;
    this.diskFill = undefined;
    if (fault) await Promise.all(this.tasks.map((task) => task.stopFault(fault.id)));
    for (const name of await readdir(this.sandboxDir)) {
      await rm(join(this.sandboxDir, name), { recursive: true, force: true });
    }
  }
}
