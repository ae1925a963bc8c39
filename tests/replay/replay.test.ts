/** Today's workflow code replays every kept history, and the check itself notices what it is there to notice. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { workflowBundle } from '../../app/worker/bundle.ts';
import { historyNames, isSigned, problemsOf, replay } from '../support/histories.ts';
import { testPayloads } from '../support/payloads.ts';
import { bundleCache, quietRuntime } from '../workflows/stage.ts';
import { scenarios } from './scenarios.ts';

describe('the corpus', () => {
  const original = import.meta.dirname;
  const copied = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-corpus-'));
    cpSync(join(original, 'histories'), join(folder, 'histories'), { recursive: true });
    cpSync(join(original, 'manifest.json'), join(folder, 'manifest.json'));
    return folder;
  };
  const [first = ''] = historyNames();

  test('is as the manifest says, and has every scenario', () => {
    expect(problemsOf()).toEqual([]);
    const names = historyNames().map((name) => name.replace(/(-\d+)?\.json$/, ''));
    expect(new Set(names)).toEqual(new Set(scenarios.map(({ name }) => name)));
  });

  test('that is empty is a failure', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-corpus-'));
    expect(problemsOf(folder)).toEqual(['there are no histories']);
  });

  test('notices a history that was changed, removed or slipped in', () => {
    const folder = copied();
    writeFileSync(join(folder, 'histories', first), '{}');
    writeFileSync(join(folder, 'histories', 'new.json'), '{}');
    expect(problemsOf(folder)).toEqual(['new.json is not in the manifest', `${first} was changed`]);
    rmSync(join(folder, 'histories', first));
    expect(problemsOf(folder)).toContain(`${first} was removed`);
  });
});

describe('replay', () => {
  beforeAll(() => quietRuntime());

  test("of every history works with today's workflow", async () => {
    const { codePath } = await workflowBundle({ cacheDir: bundleCache });
    const results = await replay(codePath);
    expect(results.map(({ workflowId, error }) => [workflowId, error])).toEqual(
      historyNames().map((name) => [name, undefined]),
    );
  });

  describe('by a worker that has keys', () => {
    // What its payloads are is the same all through a history, and for all that are like it.
    const signed = historyNames().filter(isSigned);
    const unsigned = historyNames().filter((name) => !isSigned(name));
    const names = [...signed, ...unsigned.slice(0, 8)];
    const replayedWith = async (keysSinceMs: number | null) => {
      const { codePath } = await workflowBundle({ cacheDir: bundleCache });
      const dataConverter = dataConverterOf(testPayloads({ keysSinceMs }), 'worker');
      return replay(codePath, { names, dataConverter });
    };

    test('works, of those from before there were keys as they are', async () => {
      const results = await replayedWith(Date.now());
      expect(results.map(({ workflowId, error }) => [workflowId, error])).toEqual(
        names.map((name) => [name, undefined]),
      );
    });

    test('of what is not signed fails where there were keys from the start, and of what is signed works', async () => {
      const results = await replayedWith(null);
      expect(results.map(({ workflowId, error }) => [workflowId, error === undefined])).toEqual(
        names.map((name) => [name, isSigned(name)]),
      );
      expect(new Set(names.map(isSigned))).toEqual(new Set([true, false]));
    });
  });

  test('fails with a workflow that breaks determinism', async () => {
    const workflowsPath = join(import.meta.dirname, 'broken', 'index.ts');
    const { codePath } = await workflowBundle({ cacheDir: bundleCache, workflowsPath });
    const names = historyNames().slice(0, 8);
    const results = await replay(codePath, { names });
    expect(results).toHaveLength(names.length);
    for (const { error } of results) expect(error).toMatchObject({ name: 'DeterminismViolationError' });
  });
});
