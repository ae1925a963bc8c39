/**
 * One replica: a process that is started again under the same task id when it dies (restart policy), until it is
 * replaced on order by another task. Faults inside the process are remembered here only if they outlive it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromReplica, ReplicaFault, ReplicaStart, ToReplica } from '../services/messages.ts';

const entry = fileURLToPath(new URL('../services/main.ts', import.meta.url));
const stopLimitMs = 1_300;
const ackLimitMs = 400;
/** A process that is told to crash does so by itself, on a busy machine after a while; one that hangs is ended. */
const crashLimitMs = 5_000;
const backoffMs = [300, 1_000, 2_000, 4_000];
/** A process that lived this long starts its backoff anew. */
const steadyAfterMs = 10_000;

export type TaskState = 'starting' | 'running' | 'draining' | 'exited';

export interface TaskView {
  taskId: string;
  pid: number | null;
  state: TaskState;
  release: string;
  startedAt: string;
  restarts: number;
  exitReason?: string;
}

export class Task {
  readonly taskId: string;
  readonly release: string;
  private readonly describe: (task: Task) => ReplicaStart;
  private readonly onChange: () => void;
  readonly createdAtMs = Date.now();
  state: TaskState = 'starting';
  port: number | undefined;
  restarts = 0;
  exitReason: string | undefined;
  /** Faults inside this task's process by id; `survives` marks those that a policy restart brings back. */
  readonly faults = new Map<string, { fault: ReplicaFault; survives: boolean }>();
  /** The restart policy has given up: only a replacement helps. */
  private givenUp = false;
  private draining = false;
  private replaced = false;
  private process: ChildProcess | undefined;
  private startedAtMs = Date.now();
  private failures = 0;
  private killReason: string | undefined;
  private acknowledged = new Map<number, () => void>();
  private sequence = 0;
  private exits: Array<() => void> = [];
  private changes: Array<() => void> = [];

  constructor(taskId: string, release: string, describe: (task: Task) => ReplicaStart, onChange: () => void) {
    this.taskId = taskId;
    this.release = release;
    this.describe = describe;
    this.onChange = onChange;
    this.start();
  }

  get pid(): number | undefined {
    return this.state === 'exited' ? undefined : this.process?.pid;
  }

  /** Gets traffic. */
  get inRotation(): boolean {
    return this.state === 'running' && this.port !== undefined && !this.replaced;
  }

  view(): TaskView {
    return {
      taskId: this.taskId,
      pid: this.pid ?? null,
      state: this.state,
      release: this.release,
      startedAt: new Date(this.startedAtMs).toISOString(),
      restarts: this.restarts,
      ...(this.exitReason === undefined ? {} : { exitReason: this.exitReason }),
    };
  }

  /** Called by the constructor. */
  protected start(): void {
    this.state = 'starting';
    this.port = undefined;
    this.killReason = undefined;
    this.startedAtMs = Date.now();
    for (const [id, { survives }] of this.faults) if (!survives) this.faults.delete(id);
    const start = { ...this.describe(this), faults: [...this.faults.values()].map(({ fault }) => fault) };
    const child = fork(entry, [JSON.stringify(start)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // A small young generation keeps the resident memory of a sound replica flat.
      execArgv: ['--max-semi-space-size=2'],
    });
    this.process = child;
    child.on('message', (message: FromReplica) => this.receive(message));
    child.on('exit', (code, signal) => this.exited(child, code, signal));
    this.changed();
  }

  private receive(message: FromReplica): void {
    if (message.type === 'ack') {
      this.acknowledged.get(message.sequence)?.();
      return;
    }
    this.port = message.port;
    this.state = this.draining ? 'draining' : 'running';
    this.changed();
  }

  private exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (child !== this.process) return;
    this.state = 'exited';
    this.port = undefined;
    this.exitReason = this.killReason ?? (signal === null ? `exit code ${code}` : `killed by ${signal}`);
    for (const resolve of this.exits.splice(0)) resolve();
    this.changed();
    if (this.replaced || this.givenUp) return;
    this.failures = Date.now() - this.startedAtMs > steadyAfterMs ? 0 : this.failures;
    const waitMs = backoffMs[Math.min(this.failures, backoffMs.length - 1)];
    this.failures += 1;
    setTimeout(() => {
      if (this.replaced || this.givenUp) return;
      this.restarts += 1;
      this.start();
    }, waitMs);
  }

  private changed(): void {
    for (const resolve of this.changes.splice(0)) resolve();
    this.onChange();
  }

  send(message: ToReplica): void {
    if (this.process?.connected) this.process.send(message, () => {});
  }

  startFault(fault: ReplicaFault, survives = false): void {
    this.faults.set(fault.id, { fault, survives });
    this.send({ type: 'fault-start', fault });
  }

  /** Resolves when the process has stopped the fault, or cannot answer. */
  stopFault(id: string): Promise<void> {
    if (!this.faults.delete(id) || this.pid === undefined) return Promise.resolve();
    this.sequence += 1;
    const sequence = this.sequence;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.acknowledged.delete(sequence);
        resolve();
      };
      const timer = setTimeout(done, ackLimitMs);
      this.acknowledged.set(sequence, done);
      this.send({ type: 'fault-stop', id, sequence });
    });
  }

  /** Resolves with true when the task gets traffic, with false when it does not within the time. */
  async whenInRotation(limitMs: number): Promise<boolean> {
    const deadline = Date.now() + limitMs;
    while (!this.inRotation && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.changes.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.inRotation;
  }

  setDraining(draining: boolean): void {
    this.draining = draining;
    if (this.state === 'running' || this.state === 'draining') this.state = draining ? 'draining' : 'running';
    this.changed();
  }

  /** The process dies and the restart policy does not start it again. */
  crash(fault: ReplicaFault): void {
    this.givenUp = true;
    this.startFault(fault);
    setTimeout(() => this.kill(this.killReason), crashLimitMs).unref();
  }

  kill(reason: string | undefined): void {
    if (this.pid === undefined) return;
    this.killReason = reason;
    this.process?.kill('SIGKILL');
  }

  /** Out of rotation at once, then a chance to finish, then the end. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.replaced = true;
    this.changed();
    if (this.pid === undefined) return;
    const gone = new Promise<void>((resolve) => this.exits.push(resolve));
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill('did not stop in time'), stopLimitMs);
    await gone;
    clearTimeout(timer);
  }
}
