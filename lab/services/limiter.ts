/** Bounded concurrency with a bounded queue: what makes overload real. */
import { Failure } from './failure.ts';

interface Waiter {
  start: () => void;
  abandon: () => void;
}

export class Limiter {
  private readonly slots: number;
  private readonly queueLength: number;
  private busy = 0;
  private readonly queue = new Set<Waiter>();

  constructor(slots: number, queueLength: number) {
    this.slots = slots;
    this.queueLength = queueLength;
  }

  /** Runs `work` in a slot; refuses with 503 when the queue is full, and forgets a waiter whose caller has gone. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.busy -= 1;
      const next = this.queue.values().next().value;
      if (next) next.start();
    }
  }

  private enter(signal: AbortSignal): Promise<void> {
    if (this.busy < this.slots) {
      this.busy += 1;
      return Promise.resolve();
    }
    if (this.queue.size >= this.queueLength) {
      const message = `overloaded: ${this.busy} requests in progress and ${this.queue.size} waiting`;
      return Promise.reject(new Failure(503, 'overloaded', message));
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start: () => {
          this.queue.delete(waiter);
          signal.removeEventListener('abort', waiter.abandon);
          this.busy += 1;
          resolve();
        },
        abandon: () => {
          this.queue.delete(waiter);
          reject(new Failure(499, 'client_closed', 'the caller went away while the request was waiting'));
        },
      };
      this.queue.add(waiter);
      signal.addEventListener('abort', waiter.abandon, { once: true });
    });
  }
}
