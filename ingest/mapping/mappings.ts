// Applies mappings to bodies, one after the other, in a thread of their own: a loop in one, or an expression that a body makes slow,
// ends with that thread and holds nothing else up.

import { Worker } from 'node:worker_threads';
import type { Asked, Bounds, Told } from './messages.ts';

export type Mapped =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: 'wrong' | 'late' | 'busy'; readonly detail: string };

export type Mappings = {
  /** Never rejects. */
  apply(text: string, input: unknown): Promise<Mapped>;
  /** Ends the thread; the next mapping starts another. */
  close(): Promise<void>;
};

/** What an expression is given; past that the thread is ended, because built-in functions look at no clock. */
const defaultBounds = { timeoutMs: 2_000, longestMs: 5_000, memoryMb: 128 };
const mostWaiting = 200;

export function createMappings(bounds: Partial<typeof defaultBounds> = {}): Mappings {
  const { timeoutMs, longestMs, memoryMb } = { ...defaultBounds, ...bounds };
  const resourceLimits = { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
  let worker: Worker | null = null;
  let started: Promise<Worker> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function start(): Promise<Worker> {
    const { promise, resolve, reject } = Promise.withResolvers<Worker>();
    const made = new Worker(new URL('./evaluate-main.ts', import.meta.url), {
      ...{ env: {}, execArgv: [], resourceLimits },
      workerData: { timeoutMs } satisfies Bounds,
    });
    // Its end is told to whoever waits for an answer; nobody may be waiting.
    made.on('error', reject);
    // Once it is there, it keeps the process only while it is asked.
    made.once('message', () => {
      made.unref();
      resolve(made);
    });
    worker = made;
    return promise;
  }

  async function end(): Promise<void> {
    const ended = worker;
    worker = null;
    started = null;
    await ended?.terminate();
  }

  async function ask(asked: Asked): Promise<Told> {
    started ??= start();
    const thread = await started;
    const { promise, resolve } = Promise.withResolvers<Told>();
    let silent = false;
    const fail = (why: 'wrong' | 'late', detail: string): void => {
      silent = true;
      resolve({ ok: false, why, detail });
    };
    const failed = (error: Error): void =>
      fail(
        'wrong',
        'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `the mapping needs more than ${memoryMb} MB`
          : error.message,
      );
    const timer = setTimeout(
      () => fail('late', `the mapping takes longer than ${longestMs / 1_000} s`),
      longestMs,
    );
    thread.once('message', resolve).once('error', failed);
    thread.ref();
    thread.postMessage(asked);
    const told = await promise;
    clearTimeout(timer);
    thread.unref();
    thread.off('message', resolve).off('error', failed);
    // It is still at it, or gone.
    if (silent) await end();
    return told;
  }

  return {
    async apply(text, input) {
      if (waiting >= mostWaiting) return { ok: false, why: 'busy', detail: 'too many mappings are waiting' };
      waiting += 1;
      const turn = last.then(() => ask({ text, input }));
      last = turn.catch(() => end());
      try {
        const told = await turn;
        return told.ok ? { ok: true, value: JSON.parse(told.json) as unknown } : told;
      } catch (error) {
        return {
          ok: false,
          why: 'busy',
          detail: error instanceof Error ? error.message : 'no thread could be started',
        };
      } finally {
        waiting -= 1;
      }
    },
    close: end,
  };
}
