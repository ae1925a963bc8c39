// Who is heard of, and how regularly. Telemetry a process sends itself is told apart from what a host or an orchestrator
// reports about it: a dead exporter leaves the second, a stopped host leaves neither.

import { UsualWorst } from '../aggregate/recent.ts';

const sameArrivalMs = 200;
const blindGapMs = 3_000;
/** After a gap, spans that were kept may come this much later than what else was kept: exporters wait up to 30 s between two tries. */
const callsOnTheirWayMs = { least: 60_000, gaps: 2, most: 600_000 } as const;
/** Spans come in exports of their own, some seconds apart from metrics and logs. */
const usuallyApartMs = 5_000;

export class Channel {
  /** Arrivals by the receiver's clock. */
  lastMs = Number.NEGATIVE_INFINITY;
  arrivals = 0;
  /** Newest instant by the sender's clock. */
  lastEventMs = Number.NEGATIVE_INFINITY;
  /** Metrics are sent at an interval; calls and logs only when something happens. */
  periodic = false;
  private readonly pauses = new UsualWorst();

  arrive(receivedMs: number, eventMs: number, periodic: boolean): void {
    this.lastEventMs = Math.max(this.lastEventMs, Math.min(eventMs, receivedMs));
    this.periodic ||= periodic;
    const pauseMs = receivedMs - this.lastMs;
    if (pauseMs < sameArrivalMs) return;
    if (this.arrivals > 0) this.pauses.add(pauseMs);
    this.arrivals += 1;
    this.lastMs = receivedMs;
  }

  /** The usual longest pause between two arrivals. */
  get pauseMs(): number {
    return this.pauses.value(0);
  }

  get known(): boolean {
    return this.arrivals > 0;
  }

  /** Nothing was received for reasons of our own: silence counts from now on. */
  forgive(nowMs: number): void {
    if (this.known) this.lastMs = Math.max(this.lastMs, nowMs);
  }
}

export class InstanceLife {
  readonly firstMs: number;
  /** What the process sends itself, and everything that is known of it. */
  readonly own = new Channel();
  readonly any = new Channel();
  /** Its newest log record, by its clock. */
  loggedMs = Number.NEGATIVE_INFINITY;

  constructor(firstMs: number) {
    this.firstMs = firstMs;
  }
}

/** How many instances are kept; for one more the one not heard of for longest goes, when that is long enough. */
export type InstanceLimits = { readonly instancesPerService: number; readonly idleSeriesMs: number };

type Seen = {
  readonly receivedMs: number;
  readonly eventMs: number;
  /** The service says it itself. */
  readonly own: boolean;
  readonly periodic: boolean;
  readonly call: boolean;
  /** A record of its log that is received, not read from history. */
  readonly log: boolean;
};

export class ServiceLife {
  readonly name: string;
  readonly firstMs: number;
  readonly own = new Channel();
  readonly any = new Channel();
  /** Its spans alone. */
  private readonly calls = new Channel();
  /** Until then (receiver's clock) spans of before may be on their way. */
  private callsDueMs = Number.NEGATIVE_INFINITY;
  readonly instances = new Map<string, InstanceLife>();
  /** Newest log record (sender's clock) of no instance, and in history, which does not know the instances. */
  private loggedMs = Number.NEGATIVE_INFINITY;
  private recordedMs = Number.NEGATIVE_INFINITY;
  /** After a gap in its own telemetry: what happened before this instant (sender's clock) is not known. */
  blindUntilMs = Number.NEGATIVE_INFINITY;
  /** When it was last heard of before a gap that was ours, until it is heard of again. */
  private missedSinceMs: number | null = null;

  constructor(name: string, firstMs: number) {
    this.name = name;
    this.firstMs = firstMs;
  }

  /** The channel whose silence means that the service's telemetry is missing. */
  get heart(): Channel {
    return this.own.known ? this.own : this.any;
  }

  note(instance: string, seen: Seen, { instancesPerService, idleSeriesMs }: InstanceLimits): void {
    const { receivedMs, eventMs, own, periodic, call, log } = seen;
    // By a clock that is ahead, everything would be older than what it said first.
    const loggedMs = Math.min(eventMs, receivedMs);
    if (log && this.isToldAgain(instance, loggedMs)) return;
    this.any.arrive(receivedMs, eventMs, periodic);
    if (own) {
      this.noteGap(receivedMs, eventMs);
      this.own.arrive(receivedMs, eventMs, periodic);
    }
    if (call) this.calls.arrive(receivedMs, eventMs, periodic);
    if (instance === '') {
      if (log) this.loggedMs = loggedMs;
      return;
    }
    const known = this.instances.get(instance);
    const life = known ?? new InstanceLife(receivedMs);
    // The least recently heard of stands first. Far from full none has to go soon, and by then all that are heard of have moved.
    const isFull = this.instances.size * 2 >= instancesPerService;
    if (known !== undefined && isFull) this.instances.delete(instance);
    else if (known === undefined && this.instances.size >= instancesPerService) {
      const [[oldest, { any: heard }] = ['', life]] = this.instances;
      // An instance that went silent is judged first; a flood of names does not push it out before.
      if (receivedMs - heard.lastMs < idleSeriesMs) return;
      this.instances.delete(oldest);
    }
    if (known === undefined || isFull) this.instances.set(instance, life);
    life.any.arrive(receivedMs, eventMs, periodic);
    if (own) life.own.arrive(receivedMs, eventMs, periodic);
    if (log) life.loggedMs = loggedMs;
  }

  /** History has its log up to this instant. */
  recorded(atMs: number): void {
    this.recordedMs = Math.max(this.recordedMs, atMs);
  }

  /** Whether a log record is older than what the same instance logged before, as when a collector reads its file once more. */
  private isToldAgain(instance: string, atMs: number): boolean {
    const loggedMs = instance === '' ? this.loggedMs : this.instances.get(instance)?.loggedMs;
    return atMs <= Math.max(this.recordedMs, loggedMs ?? Number.NEGATIVE_INFINITY);
  }

  /** Instances heard of within three of their usual pauses (and 3 s). */
  alive(nowMs: number): string[] {
    const names: string[] = [];
    for (const [name, { any }] of this.instances)
      if (nowMs - any.lastMs <= Math.max(3_000, 3 * any.pauseMs)) names.push(name);
    return names;
  }

  /** Whether its spans lie behind what else came after a gap: how many calls there were is not known yet. */
  awaitsCalls(nowMs: number): boolean {
    return nowMs < this.callsDueMs && this.calls.lastEventMs < this.heart.lastEventMs - usuallyApartMs;
  }

  /**
   * What comes first after a gap may have been kept since it began, while other things were lost: nothing is known for certain until
   * now, which by the sender's clock is at most a gap later.
   */
  private noteGap(receivedMs: number, eventMs: number): void {
    if (!this.own.known) return;
    const gapMs = receivedMs - (this.missedSinceMs ?? this.own.lastMs);
    this.missedSinceMs = null;
    if (gapMs <= Math.max(blindGapMs, 3 * this.own.pauseMs)) return;
    this.blindUntilMs = Math.min(receivedMs, eventMs + gapMs);
    this.expectCalls(receivedMs, gapMs);
  }

  private expectCalls(nowMs: number, gapMs: number): void {
    const { least, gaps, most } = callsOnTheirWayMs;
    this.callsDueMs = nowMs + Math.min(most, Math.max(least, gaps * gapMs));
  }

  forgive(nowMs: number): void {
    if (this.own.known) {
      this.missedSinceMs ??= this.own.lastMs;
      this.expectCalls(nowMs, nowMs - this.missedSinceMs);
    }
    const lives = [this, ...this.instances.values()];
    for (const { own, any } of lives) {
      own.forgive(nowMs);
      any.forgive(nowMs);
    }
  }
}
