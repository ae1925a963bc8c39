/**
 * What the code of this replica does wrong right now: the defects of its release and of its configuration, and the
 * disturbances of faults. A sound replica has none.
 */
import { startLeak } from './faults/leak.ts';
import type { ConfigState, Defect } from './messages.ts';
import type { Telemetry } from './telemetry.ts';

/** Something that makes requests fail or wait. */
export interface Disturbance {
  errorRate: number;
  latencyMs: number;
  /** Template of the error log, with `{id}` for the request. */
  message: string;
}

/** Deaths of several replicas are spread by this share of the time, so that they do not fall in step. */
const crashSpread = 0.25;

export class Behaviour {
  private readonly telemetry: Telemetry;
  private readonly release: string;
  private config: ConfigState;
  private readonly disturbances = new Map<string, Disturbance>();
  private configTimer: NodeJS.Timeout | undefined;
  private readonly crashTimers = new Map<string, NodeJS.Timeout>();
  /** While set, request handlers wait for it: the process lives, its requests do not get on. */
  hung = false;

  constructor(telemetry: Telemetry, release: string, config: ConfigState) {
    this.telemetry = telemetry;
    this.release = release;
    this.config = config;
    this.applyConfig(config);
  }

  disturb(id: string, disturbance: Disturbance): void {
    this.disturbances.set(id, disturbance);
  }

  calm(id: string): void {
    this.disturbances.delete(id);
  }

  current(): Iterable<Disturbance> {
    return this.disturbances.values();
  }

  applyRelease(defect: Defect): void {
    this.applyDefect(
      'release',
      defect,
      "TypeError: Cannot read properties of undefined (reading 'amount') at request {id}",
    );
    if (defect.memoryMbPerSecond) startLeak(defect.memoryMbPerSecond);
  }

  applyConfig(config: ConfigState): void {
    if (config.version !== this.config.version) {
      this.telemetry.log('info', `configuration ${config.version} loaded`);
    }
    this.config = config;
    clearTimeout(this.configTimer);
    this.applyDefect('config', {}, '');
    const apply = (): void =>
      this.applyDefect(
        'config',
        config.defect,
        'RangeError: setting requestBudget is out of range for request {id}',
      );
    this.configTimer = setTimeout(apply, Math.max(0, config.effectiveAtMs - Date.now()));
    this.configTimer.unref();
  }

  private applyDefect(source: 'release' | 'config', defect: Defect, message: string): void {
    const { errorRate = 0, latencyMs = 0, crashAfterSeconds } = defect;
    if (errorRate > 0 || latencyMs > 0) this.disturb(source, { errorRate, latencyMs, message });
    else this.calm(source);
    clearTimeout(this.crashTimers.get(source));
    if (crashAfterSeconds === undefined) return;
    const afterMs = crashAfterSeconds * 1000 * (1 + (Math.random() - 0.5) * crashSpread);
    this.crashTimers.set(
      source,
      setTimeout(() => this.die(), afterMs),
    );
  }

  private die(): void {
    const message = `fatal: unhandled exception in ${this.release}: invariant violated, process exits`;
    this.telemetry.log('error', message);
    // The last log record gets out if the receiver is quick; a real crash does not wait for it either.
    void this.telemetry.shutdown();
    setTimeout(() => process.exit(1), 50);
  }
}
