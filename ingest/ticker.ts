// Calls something at a steady pace, never twice at the same time.

export type Ticker = { start(): void; stop(): Promise<void> };

export function createTicker(
  periodMs: number,
  tick: () => Promise<void>,
  onError: (error: unknown) => void,
): Ticker {
  let timer: NodeJS.Timeout | null = null;
  let current: Promise<void> | null = null;

  function fire(): void {
    if (current !== null) return;
    current = tick()
      .catch(onError)
      .finally(() => {
        current = null;
      });
  }

  return {
    start: () => {
      timer ??= setInterval(fire, periodMs);
    },
    stop: async () => {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await current;
    },
  };
}
