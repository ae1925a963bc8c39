// One kind of object of one namespace, listed and then watched for as long as Sentinel runs. A watch that ends goes on where it
// was; where the server does not remember that any more (410), everything is listed again; one that says nothing for minutes is
// dead, because a living one says at least how far it has come (bookmarks).

import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Api, GoneError, KubernetesError } from '../api.ts';

export type Sink = {
  /** A new list begins: what was there before and is not in it is gone once it is complete. */
  begin(): void;
  put(object: unknown): void;
  /** `serverMs`: the server's clock as the list came. */
  complete(serverMs: number | null): void;
  gone(object: unknown): void;
};

export type Followed = {
  /** Whether everything has been listed once. */
  listed(): boolean;
  /** Why what is known is not current; null while it is. */
  problem(): string | null;
  /** Since when, by a clock that only goes forward; null while it is current. */
  brokenSinceMs(): number | null;
  stop(): Promise<void>;
};

export type Pace = {
  /** The server ends a watch after so long. */
  readonly watchSeconds: number;
  /** A watch that says nothing for so long is dead. Bookmarks come about every minute. */
  readonly silentMs: number;
  /** How old what is known may be. Longer without a watch, and nothing is told: blindness decides nothing. */
  readonly staleMs: number;
  readonly backoffMs: (failures: number) => number;
};

export const usualPace: Pace = {
  watchSeconds: 600,
  silentMs: 180_000,
  staleMs: 60_000,
  // Not all of them at the same moment, when a server comes back.
  backoffMs: (failures) => Math.min(30_000, 500 * 2 ** Math.min(failures, 7)) * (0.5 + Math.random() / 2),
};

const eventSchema = z.looseObject({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.looseObject({
    metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional(),
    code: z.number().optional(),
    message: z.string().optional(),
  }),
});

export function follow(
  api: Pick<Api, 'pages' | 'watch'>,
  path: string,
  sink: Sink,
  pace: Pace = usualPace,
): Followed {
  const stopping = new AbortController();
  const what = path.split('?')[0];
  let listed = false;
  let problem: string | null = `${what} has not been listed yet`;
  let brokenSinceMs: number | null = performance.now();
  let version: string | null = null;

  const current = (): void => {
    problem = null;
    brokenSinceMs = null;
  };

  async function list(): Promise<string> {
    sink.begin();
    let at = '';
    let serverMs: number | null = null;
    for await (const page of api.pages(path, stopping.signal)) {
      for (const item of page.items) sink.put(item);
      at = page.version;
      serverMs ??= page.serverMs;
    }
    sink.complete(serverMs);
    listed = true;
    return at;
  }

  /** Until the server ends it. */
  async function watch(): Promise<void> {
    const dead = new AbortController();
    const silence = setTimeout(() => dead.abort(), pace.silentMs);
    try {
      const signal = AbortSignal.any([stopping.signal, dead.signal]);
      const from = { version: version ?? '', seconds: pace.watchSeconds, opened: current };
      for await (const line of api.watch(path, from, signal)) {
        silence.refresh();
        take(line);
      }
    } catch (error) {
      if (!dead.signal.aborted) throw error;
      brokenSinceMs ??= performance.now() - pace.silentMs;
      const minutes = Math.round(pace.silentMs / 60_000);
      throw new KubernetesError('unreachable', `watching ${what}: nothing was heard for ${minutes} min`);
    } finally {
      clearTimeout(silence);
    }
  }

  function take(line: unknown): void {
    const event = eventSchema.safeParse(line);
    if (!event.success)
      throw new KubernetesError('unreachable', `watching ${what}: it sent something that is no event`);
    const { type, object } = event.data;
    if (type === 'ERROR') {
      const said = `watching ${what}: ${(object.message ?? 'it ended with an error').slice(0, 300)}`;
      throw object.code === 410 ? new GoneError(said) : new KubernetesError('refused-by-vendor', said);
    }
    if (type === 'DELETED') sink.gone(object);
    else if (type !== 'BOOKMARK') sink.put(object);
    version = object.metadata?.resourceVersion ?? version;
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const startedMs = performance.now();
      try {
        version ??= await list();
        await watch();
        // A server that ends every watch at once would be asked without a pause.
        failures = performance.now() - startedMs < 1_000 ? failures + 1 : 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures = performance.now() - startedMs > pace.silentMs ? 1 : failures + 1;
        // What a watch could not get past three times, a new list does.
        if (error instanceof GoneError || failures >= 3) version = null;
        else {
          problem = error instanceof Error ? error.message : String(error);
          brokenSinceMs ??= performance.now();
        }
      }
      if (failures > 0)
        await pause(pace.backoffMs(failures), undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const running = run();
  return {
    listed: () => listed,
    problem: () => problem,
    brokenSinceMs: () => brokenSinceMs,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
