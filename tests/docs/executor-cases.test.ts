// The table in docs/adding-an-executor.md is what the suites declare, and each suite that is declared is run by one test file.

import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { suites } from '../adapters/executors/contract/suites.ts';
import { caseTable, inTable } from '../adapters/executors/contract/table.ts';

test('the table of cases and executors is as the suites declare it', () => {
  const guide = readFileSync('docs/adding-an-executor.md', 'utf8');
  const [, table] = /<!-- cases -->\n\n([\s\S]*?)\n<!-- end of cases -->/.exec(guide) ?? [];
  expect(table).toBe(caseTable());
  expect(inTable.toSorted()).toEqual(Object.keys(suites).toSorted());
});

test('each suite is run, by one call', () => {
  const files = globSync('tests/**/*.test.ts').map((file) => readFileSync(file, 'utf8'));
  const run = files.flatMap((text) =>
    [...text.matchAll(/\bexecutorContract\('([^']+)'/g)].map(([, name]) => name),
  );
  expect(run.toSorted()).toEqual(Object.keys(suites).toSorted());
});

test('a case that cannot be there has a reason', () => {
  const whys = Object.values(suites).flatMap(({ never }) => Object.values(never));
  expect(whys.length).toBeGreaterThan(0);
  expect(whys.filter((why) => why.split(' ').length < 4)).toEqual([]);
});
