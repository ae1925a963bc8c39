// A background loop: works while there is work, then waits for a wake or the next poll; backs off on errors.

export type LoopOptions = {
  /** One round; true when there may be more at once. */
  readonly once: () => Promise<boolean>;
  readonly pollMs: number;
  readonly maxBackoffMs: number;
  readonly onError: (error: unknown) => void;
};
export type Loop = { start(): void; wake(): void; stop(): Promise<void> };

export function createLoop(options: LoopOptions): Loop {
  let running: Promise<void> | null = null;
  let stopping = false;
  let woken = false;
  let wakeWaiter: (() => void) | null = null;

  function wake(): void {
    woken = true;
    wakeWaiter?.();
  }

  async function wait(delayMs: number): Promise<void> {
    if (woken || stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      wakeWaiter = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wakeWaiter = null;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping) {
      woken = false;
      let more = false;
      try {
        more = await options.once();
        failures = 0;
      } catch (error) {
        failures += 1;
        options.onError(error);
      }
      if (failures > 0) {
        // A wake must not turn an outage into a busy loop.
        woken = false;
        await wait(Math.min(options.maxBackoffMs, 100 * 2 ** Math.min(failures, 10)));
      } else if (!more) await wait(options.pollMs);
    }
  }

  return {
    start: () => {
      running ??= run();
    },
    wake,
    stop: async () => {
      stopping = true;
      wake();
      await running;
    },
  };
}
