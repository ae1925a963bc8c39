// The notification dispatcher keeps every channel up to date with every incident that is its business: it looks at the record again and
// again, so a restart, an outage of a channel or a lost message changes when people hear, never whether. Several
// processes may run one each; an incident is told to a channel by one of them at a time.

import { type AttemptDeps, attempt } from './attempt.ts';
import type { RoutedChannel } from './ports.ts';

export type DispatcherDeps = Omit<AttemptDeps, 'timeoutMs'> & {
  readonly channels: readonly RoutedChannel[];
  /** Pause between two looks when nothing is to do. Default 1000. */
  readonly intervalMs?: number;
  /** How long one delivery may take. Default 15 s. */
  readonly timeoutMs?: number;
};

export type NotificationDispatcher = {
  /** Looks now: something has happened. */
  wake(): void;
  /** Resolves when the deliveries under way have ended. */
  stop(): Promise<void>;
};

/** What a process that dies leaves behind is taken up after this many times the longest delivery, some twenty seconds. */
const leaseFactor = 1.5;
const defaultConcurrency = 4;

/** One loop for each channel: one that hangs or is out holds up no other. */
export function startDispatcher({ channels, ...deps }: DispatcherDeps): NotificationDispatcher {
  const loops = channels.map((routed) => startLoop(routed, deps));
  return {
    wake: () => loops.forEach((loop) => void loop.wake()),
    stop: async () => void (await Promise.all(loops.map((loop) => loop.stop()))),
  };
}

function startLoop(routed: RoutedChannel, deps: Omit<DispatcherDeps, 'channels'>): NotificationDispatcher {
  const { store, metrics, log, intervalMs = 1_000, timeoutMs = 15_000 } = deps;
  const { channel, concurrency = defaultConcurrency } = routed;
  const underway = new Set<Promise<void>>();
  let stopped = false;
  let registered = false;
  let quietUntil = 0;
  let ring = (): void => {};

  const work = async (taken: Parameters<typeof attempt>[0]): Promise<void> => {
    try {
      const { quietMs } = await attempt(taken, routed, { ...deps, timeoutMs });
      if (quietMs > 0) quietUntil = Math.max(quietUntil, performance.now() + quietMs);
    } catch (error) {
      log.warn(
        { err: error, channel: channel.name, incidentId: taken.incidentId },
        'a notification is put off',
      );
    }
  };

  const look = async (): Promise<void> => {
    if (!registered) await store.register(channel.name);
    registered = true;
    await store.notice(channel.name);
    metrics.gauge(
      'sentinel_notifications_waiting',
      { channel: channel.name },
      await store.waiting(channel.name),
    );
    const free = concurrency - underway.size;
    if (free === 0 || performance.now() < quietUntil) return;
    for (const taken of await store.take(channel.name, free, timeoutMs * leaseFactor)) {
      const delivery: Promise<void> = work(taken).then(() => {
        underway.delete(delivery);
        ring();
      });
      underway.add(delivery);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      const rung = pause(intervalMs);
      await look().catch((error: unknown) =>
        log.warn({ err: error, channel: channel.name }, 'could not look for what is to be told'),
      );
      if (!stopped) await rung;
    }
    await Promise.all(underway);
  };

  /** Set up before the look, so that a bell during it is heard after it. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const running = run();
  return {
    wake: () => ring(),
    stop() {
      stopped = true;
      ring();
      return running;
    },
  };
}
