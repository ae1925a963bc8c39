// Reads the silences of systems that have some, each at its own pace, and keeps them here. One that does not answer changes nothing:
// what was read before holds until its own end.

import { errorMessage } from '../domain/error-message.ts';
import type { MirroredSilence, MirrorSource } from '../domain/silences/mirror.ts';
import type { Logger, SilenceMirror } from './ports.ts';
import { createTicker } from './ticker.ts';
import type { WatchedHealth } from './watched.ts';

export type MirroredSystem = MirrorSource & {
  readonly everyMs: number;
  /** Rejects when it cannot be asked. */
  read(
    signal: AbortSignal,
  ): Promise<{ readonly silences: readonly MirroredSilence[]; readonly unreadable: number }>;
};

export type SilenceMirrors = {
  start(): void;
  stop(): Promise<void>;
  health(): readonly WatchedHealth[];
};

export function createSilenceMirrors(
  systems: readonly MirroredSystem[],
  { mirror, log }: { readonly mirror: SilenceMirror; readonly log: Logger },
): SilenceMirrors {
  const stopping = new AbortController();
  const all = systems.map(({ everyMs, read, ...source }) => {
    let problem: string | null = 'its silences were not read yet';
    const look = async (): Promise<void> => {
      try {
        const { silences, unreadable } = await read(stopping.signal);
        const changes = await mirror.mirror(source, silences);
        if (changes > 0) log.info({ from: source.name, changes }, 'silences were read');
        problem =
          unreadable === 0 ? null : `${unreadable} of its silences cannot be read, and do not hold here`;
      } catch (error) {
        if (stopping.signal.aborted) return;
        const said = `${errorMessage(error)}; what was read before holds until its own end`;
        if (said !== problem) log.warn({ from: source.name, reason: said }, 'silences could not be read');
        problem = said;
      }
    };
    // The first look is at once; a pace begins with a pause.
    const ticker = createTicker(everyMs, look, () => {});
    return { name: source.name, look, ticker, problem: () => problem };
  });
  const first: Promise<void>[] = [];
  return {
    start() {
      for (const { look, ticker } of all) {
        first.push(look());
        ticker.start();
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all([...first, ...all.map(({ ticker }) => ticker.stop())]);
    },
    health: () => all.map(({ name, problem }) => ({ name, problem: problem() })),
  };
}
