// Work that is looked for again and again beside everything else: one round after the other, with a pause in between.

/** Runs until stopped; what a round throws goes to `failed`. `stop` resolves when the round under way has ended. */
export function startRounds(
  round: (isStopped: () => boolean) => Promise<void>,
  { intervalMs, failed }: { readonly intervalMs: number; readonly failed: (error: unknown) => void },
): { stop(): Promise<void> } {
  let stopped = false;
  let wake = (): void => {};
  const run = async (): Promise<void> => {
    while (!stopped) {
      await round(() => stopped).catch(failed);
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = run();
  return {
    stop() {
      stopped = true;
      wake();
      return running;
    },
  };
}
