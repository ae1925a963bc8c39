// docs/api.md has the tables that the routes make.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apiDocs, renderMatrix, renderRoutes, renderWays, sectionOf } from '../../scripts/api-docs.ts';

const text = readFileSync(apiDocs, 'utf8');

test.each([
  ['routes', renderRoutes()],
  ['ways', renderWays()],
  ['matrix', renderMatrix()],
])('the section %s is up to date (node scripts/api-docs.ts writes it)', (name, expected) => {
  expect(sectionOf(text, name)).toBe(expected);
});
