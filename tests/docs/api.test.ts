// docs/api.md has a row for every route, with the permission that the code declares.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { routes } from '../../api/routes/index.ts';

test('the table of routes is the one in the code', () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');
  const documented = text.split('\n').filter((line) => /^\| (GET|POST|DELETE) /.test(line));
  const served = routes.map(
    (one) => `| ${one.method} | \`${one.path}\` | ${one.permission} | ${one.summary} |`,
  );
  expect(documented).toEqual(served);
});
