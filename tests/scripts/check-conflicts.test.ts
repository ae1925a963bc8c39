// What a rebase left unresolved is found wherever it stands, and nothing that only looks like it is.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = resolve(import.meta.dirname, '../../scripts/check-conflicts.ts');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-conflicts-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const git = (...args: string[]) => spawnSync('git', args, { cwd: dir, encoding: 'utf8' });
const check = () => spawnSync(process.execPath, [script], { cwd: dir, encoding: 'utf8' });
const mark = (sign: string): string => sign.repeat(7);

test.for([
  { what: 'ours', line: `${mark('<')} HEAD` },
  { what: 'the base', line: mark('|') },
  { what: 'theirs', line: `${mark('>')} 0123abc subject` },
])('finds the mark of $what, in a committed file and in a new one', ({ line }) => {
  git('init', '-q');
  mkdirSync(join(dir, 'docs'));
  writeFileSync(join(dir, 'docs/page.md'), `a\n${line}\n`);
  git('add', '.');
  writeFileSync(join(dir, 'new.ts'), `${line}\n`);
  const { status, stdout } = check();
  expect(status).toBe(1);
  expect(stdout).toContain(`docs/page.md:2:${line}`);
  expect(stdout).toContain(`new.ts:1:${line}`);
});

test('headings, quotations and shifts are no marks', () => {
  git('init', '-q');
  writeFileSync(join(dir, 'page.md'), `Heading\n${mark('=')}\n  ${mark('<')} indented\n${mark('<')}<\n`);
  git('add', '.');
  expect(check()).toMatchObject({ status: 0, stdout: 'no conflict markers\n' });
});

test('where git cannot look, nothing is called clean', () => {
  const { status, stderr } = check();
  expect(status).toBe(2);
  expect(stderr).toContain('Looking for conflict markers failed');
});
