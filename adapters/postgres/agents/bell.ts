// Wakes whoever waits for something that another process writes into the database: one question for all of them, again and again
// while anybody waits, at once within the process, and the more seldom the longer nothing comes.

type Waiter = { readonly name: string; readonly wake: () => void };

export type Bell = {
  /** Resolves when the name is rung, the time is over, the signal aborts, or the bell is closed. Never rejects. */
  wait(name: string, withinMs: number, signal?: AbortSignal): Promise<void>;
  ring(name: string): void;
  close(): void;
  readonly closed: () => boolean;
};

/** How long until the next look: at first, and at most. Whoever begins to wait sets it back to the first. */
export type Pace = { readonly firstMs: number; readonly longestMs: number };

const slowing = 1.5;

/** `look`: which of these names there is news about. One that fails is asked again. */
export function createBell(
  look: (names: readonly string[]) => Promise<readonly string[]>,
  { firstMs, longestMs }: Pace,
): Bell {
  const waiters = new Set<Waiter>();
  let next: { readonly timer: NodeJS.Timeout; readonly afterMs: number } | null = null;
  let afterMs = firstMs;
  let looking = false;
  let closed = false;

  const ring = (name: string): void => {
    for (const waiter of [...waiters]) if (waiter.name === name) waiter.wake();
  };

  function lookLater(): void {
    if (looking || next !== null || waiters.size === 0) return;
    next = { timer: setTimeout(() => void lookNow(), afterMs), afterMs };
  }

  /** A look that is due as soon is left as it is: however many come, it is not put off. */
  function lookSoon(): void {
    afterMs = firstMs;
    if (next !== null && next.afterMs > firstMs) {
      clearTimeout(next.timer);
      next = null;
    }
    lookLater();
  }

  async function lookNow(): Promise<void> {
    next = null;
    if (waiters.size === 0) return;
    looking = true;
    afterMs = Math.min(longestMs, afterMs * slowing);
    try {
      for (const name of await look([...new Set([...waiters].map((one) => one.name))])) ring(name);
    } catch {
      // whoever waits looks for itself when its time is over, and says so
    }
    looking = false;
    lookLater();
  }

  return {
    ring,
    closed: () => closed,
    wait(name, withinMs, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (closed || signal?.aborted) return Promise.resolve();
      const over = setTimeout(() => waiter.wake(), withinMs);
      const waiter: Waiter = {
        name,
        wake() {
          clearTimeout(over);
          signal?.removeEventListener('abort', waiter.wake);
          waiters.delete(waiter);
          resolve();
        },
      };
      waiters.add(waiter);
      signal?.addEventListener('abort', waiter.wake, { once: true });
      lookSoon();
      return promise;
    },
    close() {
      closed = true;
      if (next !== null) clearTimeout(next.timer);
      for (const waiter of [...waiters]) waiter.wake();
    },
  };
}
