// Cleans hostile trees with the host executor, and says what became of each.

import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createHostExecutor } from '../../../adapters/host/executor.ts';
import { restorable, restoreBatch } from '../../../adapters/host/restore.ts';
import { withFolders } from '../../../adapters/host/sandbox.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { makeTree, snapshot, type Tree } from './tree.ts';

export type TreesResult = {
  readonly trees: number;
  readonly withRaces: number;
  readonly withMounts: number;
  readonly trapped: number;
  readonly removed: number;
  readonly putBack: number;
  /** What went wrong, one line each, with the seed. */
  readonly problems: readonly string[];
};

const twoHoursMs = 7_200_000;

export async function cleanHostileTrees(options: {
  readonly trees: number;
  readonly firstSeed?: number;
  /** Every so many trees; 0: none. */
  readonly raceEvery: number;
  readonly mountEvery: number;
}): Promise<TreesResult> {
  const problems: string[] = [];
  let [withRaces, withMounts, trapped, removed, putBack] = [0, 0, 0, 0, 0];
  const isTime = (index: number, every: number): boolean => every > 0 && index % every === every - 1;
  for (let index = 0; index < options.trees; index += 1) {
    const seed = (options.firstSeed ?? 1) + index;
    const base = mkdtempSync(join(tmpdir(), 'sentinel-hostile-'));
    const [races, mounts] = [isTime(index, options.raceEvery), isTime(index, options.mountEvery)];
    const tree = makeTree(base, seed, mounts);
    try {
      const before = snapshot(tree.outside);
      const outcome = races
        ? await whileRaced(base, () => cleanTree(tree, seed))
        : await cleanTree(tree, seed);
      const touched = differenceOf(before, snapshot(tree.outside));
      if (touched !== null) problems.push(`seed ${seed}: something outside was touched: ${touched}`);
      problems.push(...wrongIn(tree, outcome, races).map((problem) => `seed ${seed}: ${problem}`));
      removed += tree.removable.filter((path) => !isThere(path)).length;
      putBack += await restoreAll(tree, problems, seed, races);
      const again = differenceOf(before, snapshot(tree.outside));
      if (again !== touched) problems.push(`seed ${seed}: putting back touched something outside: ${again}`);
      withRaces += races ? 1 : 0;
      withMounts += mounts ? 1 : 0;
      trapped += tree.trapped ? 1 : 0;
    } finally {
      for (const place of tree.mounts.toReversed()) execFileSync('umount', [place]);
      rmSync(base, { recursive: true, force: true });
    }
  }
  return { trees: options.trees, withRaces, withMounts, trapped, removed, putBack, problems };
}

/** Lines that are in one of them only. */
function differenceOf(before: string, after: string): string | null {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const lines = [...was.filter((line) => !is.includes(line)), ...is.filter((line) => !was.includes(line))];
  return lines.length === 0 ? null : lines.join(' | ');
}

const settings = (folder: string) => ({
  ...{ name: 'web1', host: 'web1', service: 'orders', folders: [folder], patterns: ['*'] },
  ...{ olderThanSeconds: 3_600, limitBytes: 100_000_000, trashBytes: 200_000 },
});

async function cleanTree(tree: Tree, seed: number): Promise<string> {
  // Everything was made just now: by this clock it is two hours old.
  const nowMs = Date.now() + twoHoursMs;
  const executor = createHostExecutor(settings(tree.sandbox), { nowMs: () => nowMs });
  const target = { environment: 'test', service: 'orders', resource: 'host/web1' };
  const intent = { id: `intent-${seed}`, action: 'clear-sandbox', target } as unknown as Intent;
  const call = {
    ...{ number: 1, notAfterMs: nowMs + 5_000, signal: new AbortController().signal },
    permit: async () => ({ ok: true }) as const,
  };
  return (await executor.begin(intent, call)).kind;
}

/** Where nobody interferes every file has to be gone or there, as the tree says. */
function wrongIn(tree: Tree, outcome: string, races: boolean): readonly string[] {
  const missing = tree.staying
    .filter((path) => !isThere(path))
    .map((path) => `${path.toString('latin1')} is gone`);
  if (tree.trapped) return outcome === 'done' ? ['it cleaned into a trash of somebody else'] : missing;
  if (races) return missing;
  const left = tree.removable.filter(isThere).map((path) => `${path.toString('latin1')} is still there`);
  return [...(outcome === 'done' ? [] : [`the clean-up answered ${outcome}`]), ...missing, ...left];
}

async function restoreAll(tree: Tree, problems: string[], seed: number, races: boolean): Promise<number> {
  if (tree.trapped) return 0;
  return withFolders([tree.sandbox], ([sandbox]) => {
    if (sandbox === undefined) return 0;
    const answers = restorable(sandbox).map(({ name }) => restoreBatch(sandbox, name));
    const inTheWay = answers.flatMap((one) => one.inTheWay);
    if (!races && inTheWay.length > 0)
      problems.push(`seed ${seed}: could not put back ${inTheWay.join(', ')}`);
    return answers.reduce((sum, { restored }) => sum + restored, 0);
  });
}

async function whileRaced<T>(base: string, work: () => Promise<T>): Promise<T> {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('./racer-main.ts', import.meta.url), { workerData: { base, stop } });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  try {
    await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    return await work();
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await ended;
  }
}

function isThere(path: Buffer): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
