/**
 * What another action costs: its file and its line in the index. Planted into a copy of the product, which has to type-check as
 * it is, and whose configuration and API have to know the action.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const product = [
  ...['activities', 'adapters', 'api', 'cli', 'config', 'domain', 'ingest', 'lab', 'workers', 'workflows'],
  ...['package.json', 'tsconfig.json'],
];
const actions = 'domain/remediation/actions';
const run = promisify(execFile);
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-new-action-'));
  for (const part of product) cpSync(join(root, part), join(dir, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const model = readFileSync(join(dir, actions, 'restart.ts'), 'utf8');
  writeFileSync(
    join(dir, actions, 'reload.ts'),
    model.replace('const restart: Action', 'const reload: Action'),
  );
  const index = readFileSync(join(dir, actions, 'index.ts'), 'utf8');
  const withLine = index
    .replace('\n\nexport const actions = {', "\nimport { reload } from './reload.ts';$&")
    .replace('  restart,\n', '  restart,\n  reload,\n');
  expect(withLine).toContain('  reload,\n');
  writeFileSync(join(dir, actions, 'index.ts'), withLine);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('nothing else has to be written for it to type-check', async () => {
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['--noEmit'], { cwd: dir }).catch(
    (failed: { stdout: string }) => failed,
  );
  expect(stdout).toBe('');
});

test('runbook, policy and API know it, and nothing that is not in the index', async () => {
  const script = `
    import { runbookConfigSchema } from './domain/remediation/runbook.ts';
    import { policyConfigSchema } from './domain/policy/config.ts';
    import { actionId } from './api/schemas/plan.ts';
    const rule = { candidates: [{ action: 'reload' }] };
    console.log(JSON.stringify([
      runbookConfigSchema.safeParse({ hang: rule }).success,
      policyConfigSchema.safeParse({ deny: [{ name: 'never', actions: ['reload'] }] }).success,
      actionId.safeParse('reload').success,
      runbookConfigSchema.safeParse({ hang: { candidates: [{ action: 'reboot' }] } }).success,
    ]));
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: dir });
  expect(JSON.parse(stdout)).toEqual([true, true, true, false]);
});
