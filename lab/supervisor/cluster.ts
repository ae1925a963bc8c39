/** All services together with the outside world and the load generator: starts them, tells everyone who is where. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromLoad, LoadStart, Stream, ToLoad } from '../load/main.ts';
import type { FromOutside, ToOutside } from '../outside/main.ts';
import type { Endpoints, ReplicaStart } from '../services/messages.ts';
import { seededRandom, seedFor } from '../support/random.ts';
import {
  replicaLimits,
  type ServiceName,
  serviceNames,
  steadyPath,
  surgePathAtGateway,
  topology,
} from '../topology.ts';
import { type Ingress, startIngress } from './ingress.ts';
import type { SupervisorOptions } from './options.ts';
import { processUsage } from './proc.ts';
import { ManagedService } from './service.ts';
import { Task } from './task.ts';

const memoryCheckMs = 250;
/** For the first start of everything: takes two seconds, but many times that on a machine that is busy. */
const startLimitMs = 40_000;

export class Cluster {
  readonly options: SupervisorOptions;
  readonly services = new Map<ServiceName, ManagedService>();
  private readonly random: () => number;
  private outside: ChildProcess | undefined;
  private outsidePorts: Record<string, number> = {};
  private load: ChildProcess | undefined;
  private ingress: Ingress | undefined;
  loadUrl = '';
  private published = '';

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.random = seededRandom(seedFor(options.seed, 'task ids'));
    const surroundings = {
      dir: options.dir,
      newTaskId: (service: ServiceName) => `${service}-${this.randomHex()}`,
      describe: (service: ManagedService, task: Task) => this.describe(service, task),
      startTask: (...given: ConstructorParameters<typeof Task>) => new Task(...given),
      onChange: () => this.publish(),
    };
    for (const name of serviceNames) this.services.set(name, new ManagedService(name, surroundings));
  }

  get pids(): { load: number; outside: number; services: Record<string, number[]> } {
    const services: Record<string, number[]> = {};
    for (const [name, { tasks }] of this.services) services[name] = tasks.flatMap(({ pid }) => pid ?? []);
    return { load: this.load?.pid ?? 0, outside: this.outside?.pid ?? 0, services };
  }

  get ingressUrl(): string {
    return `http://127.0.0.1:${this.ingress?.port}`;
  }

  async start(): Promise<void> {
    const dependencies = serviceNames.map((name) => topology[name].dependency);
    this.outside = startChild('../outside/main.ts', { seed: this.options.seed, dependencies });
    this.outsidePorts = (await firstMessage<FromOutside>(this.outside)).ports;
    this.ingress = await startIngress(() => this.endpoints().gateway ?? []);

    const loadStart: LoadStart = {
      seed: this.options.seed,
      port: this.ingress.port,
      path: steadyPath,
      requestsPerSecond: this.options.requestsPerSecond,
    };
    this.load = startChild('../load/main.ts', loadStart);
    const loadReady = firstMessage<FromLoad>(this.load);
    const healthy = await Promise.all(
      [...this.services.values()].map((service) => service.reconcile(startLimitMs)),
    );
    if (!healthy.every(Boolean))
      throw new Error('not every service of the lab came up; see the output above');
    this.loadUrl = (await loadReady).url;
    this.setSurge(undefined);
    setInterval(() => void this.enforceMemoryLimit(), memoryCheckMs).unref();
  }

  private describe(service: ManagedService, { taskId, release }: Task): ReplicaStart {
    const { environment, seed, otlpEndpoint, telemetryIntervalMs } = this.options;
    return {
      service: service.name,
      taskId,
      release,
      releaseDefect: service.releases.find(release)?.defect ?? {},
      config: service.configs.current,
      environment,
      seed,
      sandboxDir: service.sandboxDir,
      ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
      telemetryIntervalMs,
      dependencyPort: this.outsidePorts[topology[service.name].dependency] ?? 0,
      endpoints: this.endpoints(),
      faults: [],
    };
  }

  private endpoints(): Endpoints {
    const endpoints: Endpoints = {};
    for (const [name, { tasks }] of this.services) {
      endpoints[name] = tasks.filter((task) => task.inRotation).flatMap(({ port }) => port ?? []);
    }
    return endpoints;
  }

  /** Tells every replica where the others are, when that has changed. */
  private publish(): void {
    const endpoints = this.endpoints();
    const text = JSON.stringify(endpoints);
    if (text === this.published) return;
    this.published = text;
    for (const { tasks } of this.services.values()) {
      for (const task of tasks) task.send({ type: 'endpoints', endpoints });
    }
  }

  /** Extra traffic onto one service, on top of the steady rate. */
  setSurge(surge: { service: ServiceName; factor: number } | undefined): void {
    const { requestsPerSecond } = this.options;
    const streams: Record<string, Stream> = { steady: { path: steadyPath, requestsPerSecond } };
    const path = surge && surgePathAtGateway(surge.service);
    if (path) streams.surge = { path, requestsPerSecond: requestsPerSecond * (surge.factor - 1) };
    this.load?.send({ type: 'streams', streams } satisfies ToLoad);
  }

  setDependencyDelay(service: ServiceName, delayMs: number): void {
    const { dependency } = topology[service];
    this.outside?.send({ type: 'delay', dependency, delayMs } satisfies ToOutside);
  }

  /** What a container runtime does: a process above its limit is killed. */
  private async enforceMemoryLimit(): Promise<void> {
    const tasks = [...this.services.values()].flatMap((service) => service.tasks);
    const usage = await processUsage(tasks.flatMap(({ pid }) => pid ?? []));
    for (const task of tasks) {
      const memoryBytes = task.pid === undefined ? 0 : (usage.get(task.pid)?.memoryBytes ?? 0);
      if (memoryBytes > replicaLimits.memoryBytes) task.kill('OOMKilled');
    }
  }

  private randomHex(): string {
    return Math.floor(this.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }

  killAll(): void {
    for (const { tasks } of this.services.values()) for (const task of tasks) task.kill('supervisor ends');
    this.load?.kill('SIGKILL');
    this.outside?.kill('SIGKILL');
  }
}

function startChild(path: string, start: unknown): ChildProcess {
  const entry = fileURLToPath(new URL(path, import.meta.url));
  return fork(entry, [JSON.stringify(start)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function firstMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) =>
      reject(new Error(`a process of the lab ended with ${code} before it was ready`)),
    );
  });
}
