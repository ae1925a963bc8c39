/** The workflow bundle is built once for its sources, and anew when they change. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { workflowBundle } from '../../../app/worker/bundle.ts';

/** Inside the project, where the SDK is found, and outside of node_modules, where sources are not compiled. */
const ignored = join(import.meta.dirname, '../../../.sentinel');
mkdirSync(ignored, { recursive: true });
const folder = mkdtempSync(join(ignored, 'bundle-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sources = join(folder, 'sources');
mkdirSync(sources);
const workflowsPath = join(sources, 'index.ts');
const cacheDir = join(folder, 'cache');
const build = (source: string) => {
  writeFileSync(workflowsPath, source);
  return workflowBundle({ cacheDir, workflowsPath });
};
const workflow = (answer: string) =>
  `export async function example(): Promise<string> { return '${answer}'; }\n`;

test('two starts share one bundle, a changed source gets another, and nothing half-written is left', async () => {
  const [first, beside] = await Promise.all([build(workflow('one')), build(workflow('one'))]);
  expect(beside).toEqual(first);
  expect(await build(workflow('one'))).toEqual(first);
  const second = await build(workflow('two'));
  expect(second.codePath).not.toBe(first.codePath);
  expect(readdirSync(cacheDir)).toHaveLength(2);
});

test('a bundle that was shipped for these sources is used, another one is not, and nothing is built beside it', async () => {
  const shippedDir = join(folder, 'shipped');
  const unwritable = join(workflowsPath, 'no-folder');
  writeFileSync(workflowsPath, workflow('shipped'));
  const shipped = await workflowBundle({ cacheDir: shippedDir, workflowsPath });
  expect(await workflowBundle({ cacheDir: unwritable, workflowsPath, shippedDir })).toEqual(shipped);
  writeFileSync(workflowsPath, workflow('newer than what was shipped'));
  const newer = await workflowBundle({ cacheDir, workflowsPath, shippedDir });
  expect(newer.codePath.startsWith(cacheDir)).toBe(true);
});

test('a source that cannot be bundled says what is wrong', async () => {
  await expect(build("import '../../app/missing.ts';\n")).rejects.toThrow('missing.ts');
});
