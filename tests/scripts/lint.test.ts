/**
 * A forgotten `await` on an activity loses its error and its order. TypeScript does not see it and Biome does not
 * see through `proxyActivities`, so Oxlint is part of the checks for this: here is the proof that it does its part.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-lint-'));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  cpSync(join(root, 'tsconfig.json'), join(dir, 'tsconfig.json'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Violations of the project's own configuration in one file, as `rule:line`. */
async function lint(text: string): Promise<string[]> {
  const file = join(dir, 'planted.ts');
  writeFileSync(file, text);
  const args = ['--type-aware', '--no-ignore', '--format=json', '-c', join(root, '.oxlintrc.json'), file];
  const output = await new Promise<string>((done) => {
    execFile(join(root, 'node_modules/.bin/oxlint'), args, { cwd: dir }, (_, stdout) => done(stdout));
  });
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { code: string; labels: { span: { line: number } }[] }[];
  };
  return diagnostics.map(({ code, labels }) => `${code}:${labels[0]?.span.line}`);
}

const workflow = (body: string): string => `import { proxyActivities } from '@temporalio/workflow';
interface Activities { restart(id: string): Promise<string> }
const activities = proxyActivities<Activities>({ startToCloseTimeout: '5s' });
const { restart } = proxyActivities<Activities>({ startToCloseTimeout: '5s' });
export async function incident(): Promise<void> {
${body}
}
`;

test('finds an activity call without await', async () => {
  const found = await lint(workflow("  restart('a');\n  activities.restart('b');"));
  expect(found).toEqual(['typescript(no-floating-promises):6', 'typescript(no-floating-promises):7']);
});

test('finds a callback whose promise nobody waits for', async () => {
  const found = await lint(workflow("  ['a'].forEach(async (id) => { await restart(id); });"));
  expect(found).toEqual(['typescript(no-misused-promises):6']);
});

test('accepts awaited, returned and combined calls', async () => {
  const found = await lint(
    workflow("  await restart('a');\n  await Promise.all([restart('b'), activities.restart('c')]);"),
  );
  expect(found).toEqual([]);
});
