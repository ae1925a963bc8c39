/** The sandbox of a service on real folders, for the contract of executors. Its trash is the ledger: one folder for each send. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../../../activities/ports/executor.ts';
import { createHostExecutor } from '../../../adapters/host/executor.ts';
import { batchName } from '../../../adapters/host/trash.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { ExecutorHarness } from '../executors/contract/harness.ts';
import { createClock } from '../executors/matrix/clock.ts';
import type { MatrixHarness } from '../executors/matrix/harness.ts';

export const sandboxTarget = { environment: 'practice', service: 'orders', resource: 'host/web1' };
const trashName = '.sentinel-trash';

export type Sandbox = {
  readonly folder: string;
  fill(): void;
  /** Its files, but for those in the trash. */
  files(): readonly string[];
  /** Without a file. */
  clear(): void;
  /** Sends of this intent that took their place in the trash and were not closed. */
  effects(intent: Pick<Intent, 'id'>): number;
  /** Another folder in its place. */
  replace(): void;
  /** As on a disk that was unmounted: the folder is not there, and comes back as it was. */
  hide(hidden: boolean): void;
  remove(): void;
};

export function makeSandbox(): Sandbox {
  const base = mkdtempSync(join(tmpdir(), 'sentinel-sandbox-'));
  const folder = join(base, 'scratch');
  mkdirSync(folder);
  const fill = (): void => {
    for (const name of ['a.tmp', 'b.tmp']) writeFileSync(join(folder, name), 'x'.repeat(1_000));
  };
  const listed = (path: string): readonly string[] => {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  };
  const files = (): readonly string[] => listed(folder).filter((name) => name !== trashName);
  fill();
  return {
    folder,
    fill,
    files,
    clear() {
      for (const name of files()) rmSync(join(folder, name));
    },
    effects({ id }) {
      const sends = listed(join(folder, trashName)).filter((name) =>
        name.startsWith(batchName(id, 1).slice(0, -1)),
      );
      return sends.filter((name) => !listed(join(folder, trashName, name)).includes('closed')).length;
    },
    replace() {
      renameSync(folder, join(base, 'moved-away'));
      mkdirSync(folder);
      fill();
      rmSync(join(base, 'moved-away'), { recursive: true });
    },
    hide(hidden) {
      const [from, to] = hidden ? [folder, `${folder}-away`] : [`${folder}-away`, folder];
      if (existsSync(from)) renameSync(from, to);
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

export const sandboxSettings = (folder: string) => ({
  ...{ host: 'web1', service: 'orders', folders: [folder], patterns: ['*.tmp'] },
  ...{ olderThanSeconds: 3_600, limitBytes: 1_000_000, trashBytes: 1_000_000 },
});

/** By this clock everything that was written just now is hours old, also for who is an hour behind. */
const laterMs = 3 * 3_600_000;

/** Files have no wire: answers are lost, and calls are late, right at the door. */
export async function sandboxHarness(): Promise<MatrixHarness> {
  const clock = createClock();
  const sandbox = makeSandbox();
  type Door = 'before' | 'after' | 'hold';
  let door: Door | null = null;
  let waiting: (() => Promise<unknown>)[] = [];

  function executor(aheadMs = 0): Executor {
    const nowMs = (): number => clock.nowMs() + laterMs + aheadMs;
    const host = createHostExecutor({ name: 'web1', ...sandboxSettings(sandbox.folder) }, { nowMs });
    return {
      ...host,
      async begin(intent, call) {
        const now = door;
        door = null;
        const carriedOut = () => host.begin(intent, { ...call, notAfterMs: call.notAfterMs + laterMs });
        if (now === 'hold') waiting.push(carriedOut);
        if (now === 'before' || now === 'hold') throw new Error('the process was cut off');
        const answer = await carriedOut();
        if (now === 'after') throw new Error('the process was cut off');
        return answer;
      },
    };
  }
  return {
    clock,
    executor,
    ...sandboxContract(sandbox),
    async target() {
      sandbox.fill();
      return sandboxTarget;
    },
    faults: {
      lose: async (when) => {
        door = when;
      },
      deny: null,
      throttle: null,
      away: async () => sandbox.hide(true),
      async hold() {
        door = 'hold';
        return {
          within: 'ever',
          async arrive() {
            const now = waiting;
            waiting = [];
            for (const carryOut of now) await carryOut();
          },
        };
      },
      lag: null,
      heal: async () => {
        door = null;
        sandbox.hide(false);
      },
    },
    close: async () => sandbox.remove(),
  };
}

/** What is the same wherever the executor runs. */
export function sandboxContract(
  sandbox: Sandbox,
): Pick<
  ExecutorHarness,
  'target' | 'nobody' | 'step' | 'restore' | 'effects' | 'empty' | 'drift' | 'driftShowsInRevisionOnly'
> {
  return {
    target: async () => sandboxTarget,
    nobody: { ...sandboxTarget, service: 'nobody', resource: 'host/web1--nobody' },
    step: () => ({ action: 'clear-sandbox', parameters: {} }),
    restore: async () => sandbox.fill(),
    effects: async (intent) => sandbox.effects(intent),
    async empty() {
      sandbox.clear();
      return {
        ...{ target: sandboxTarget, action: 'clear-sandbox', parameters: {} },
        things: async () => sandbox.files(),
        restore: async () => sandbox.fill(),
      };
    },
    drift: async () => sandbox.replace(),
    driftShowsInRevisionOnly: true,
  };
}
