// The reference is the schema in words: up to date, and nothing in it without a meaning.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { renderReference } from '../../config/reference.ts';
import { configJsonSchema } from '../../config/schema.ts';

test('docs/configuration.md is what the schema gives (node config/main.ts writes it)', () => {
  const file = path.resolve(import.meta.dirname, '../../docs/configuration.md');
  expect(readFileSync(file, 'utf8')).toBe(renderReference());
});

test('every key has a description', () => {
  const keys = renderReference()
    .split('\n')
    .filter((line) => /^\| (\*\*)?`/.test(line));
  expect(keys.length).toBeGreaterThan(60);
  expect(keys.filter((line) => / \|\s*\|$/.test(line))).toEqual([]);
});

test('every object of the schema is closed, so that nothing unknown passes', () => {
  const open: string[] = [];
  const visit = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value && (value as { additionalProperties?: unknown }).additionalProperties !== false)
      open.push(at);
    for (const [key, part] of Object.entries(value)) visit(part, `${at}/${key}`);
  };
  visit(configJsonSchema(), '');
  expect(open).toEqual([]);
});
