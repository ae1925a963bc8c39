/** Today's workflow code replays every kept history, and the check itself notices what it is there to notice. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { workflowBundle } from '../../app/worker/bundle.ts';
import { historyNames, isSigned, problemsOf, replayAll } from '../support/histories.ts';
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
    const results = await replayAll(codePath);
    expect(results.map(({ workflowId, error }) => [workflowId, error])).toEqual(
      historyNames().map((name) => [name, undefined]),
    );
  });

  describe('by a worker that has keys', () => {
    const replayedWith = async (keysSinceMs: number | null) => {
      const { codePath } = await workflowBundle({ cacheDir: bundleCache });
      return replayAll(codePath, dataConverterOf(testPayloads({ keysSinceMs }), 'worker'));
    };

    test('of every history works, those from before there were keys as they are', async () => {
      const results = await replayedWith(Date.now());
      expect(results.map(({ workflowId, error }) => [workflowId, error])).toEqual(
        historyNames().map((name) => [name, undefined]),
      );
    });

    test('of what is not signed fails where there were keys from the start, and of what is signed works', async () => {
      const results = await replayedWith(null);
      expect(results.map(({ workflowId, error }) => [workflowId, error === undefined])).toEqual(
        historyNames().map((name) => [name, isSigned(name)]),
      );
      expect(new Set(historyNames().map(isSigned))).toEqual(new Set([true, false]));
    });
  });

  test('of every history fails with a workflow that breaks determinism', async () => {
    const workflowsPath = join(import.meta.dirname, 'broken', 'index.ts');
    const { codePath } = await workflowBundle({ cacheDir: bundleCache, workflowsPath });
    const results = await replayAll(codePath);
    expect(results).toHaveLength(historyNames().length);
    for (const { error } of results) expect(error).toMatchObject({ name: 'DeterminismViolationError' });
  });
});
