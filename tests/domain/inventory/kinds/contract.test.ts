// What every kind of target promises, whichever it is.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatResource,
  formOf,
  kinds,
  parseResource,
  resourceWords,
} from '../../../../domain/inventory/kinds/index.ts';
import { targetKey } from '../../../../domain/inventory/target.ts';

const hostile = ['', ' ', '.', '..', 'a/b', 'a\nb', 'a\u0000', '%2e%2e', 'a%', '%2f'];
const inNames = ['a b', 'a;b', '$(a)', 'a?b', 'a#b', 'a\\b', 'ä', '*', '-a', "a'b", 'a"b', '<a>'];

test('their names differ, and one kind is never read as another', () => {
  expect(new Set(kinds.map(({ id }) => id)).size).toBe(kinds.length);
  for (const { id } of kinds) expect(id).toMatch(/^[a-z0-9]+$/);
});

describe.each(kinds.map((kind) => [kind.id, kind] as const))('%s', (id, kind) => {
  const parts = kind.example.split('/').slice(1);
  const withPart = (index: number, part: string) => [id, ...parts.with(index, part)].join('/');

  test('its example is read, written and said', () => {
    expect(parseResource(kind.example)).toEqual({ ok: true, resource: { kind, parts } });
    expect(formatResource(kind, parts)).toBe(kind.example);
    expect(resourceWords(kind.example)).not.toContain('undefined');
    for (const part of parts) expect(resourceWords(kind.example)).toContain(part);
  });

  test('what has too few or too many parts is refused with the form it should have', () => {
    for (const text of [
      id,
      `${id}/`,
      `${kind.example}/more`,
      kind.example.slice(0, kind.example.lastIndexOf('/')),
    ])
      expect(parseResource(text)).toEqual({ ok: false, reason: expect.stringContaining(formOf(kind)) });
  });

  test.each(kind.parts.map((part, index) => [part.name, index, part] as const))(
    'its %s is a name, and bounded',
    (name, index, { maxLength }) => {
      const names = id === 'service' ? [] : inNames;
      for (const part of [...hostile.filter((one) => !(id === 'service' && /^[ .]$/.test(one))), ...names]) {
        const text = withPart(index, part);
        expect(parseResource(text).ok, JSON.stringify(text)).toBe(false);
        expect(() => formatResource(kind, parts.with(index, part))).toThrow(/naming a/);
      }
      const long = 'a'.repeat(maxLength + 1);
      expect(parseResource(withPart(index, long))).toMatchObject({ reason: expect.stringContaining(name) });
    },
  );

  test('whatever is read is written the same, and survives as one path of its own', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'B', '1', '-', '.', '_', '/', '%', ' ') });
    fc.assert(
      fc.property(fc.array(part, { minLength: parts.length, maxLength: parts.length }), (given) => {
        const text = [id, ...given].join('/');
        const parsed = parseResource(text);
        expect(parsed.ok ? formatResource(parsed.resource.kind, parsed.resource.parts) : text).toBe(text);
      }),
    );
  });
});

test('the key of a target that is known by its name alone is read back as that name', () => {
  const key = targetKey({ environment: 'eu/production', service: '100% team/orders' });
  expect(parseResource(key).ok).toBe(true);
  expect(resourceWords(key)).toBe('100% team/orders in eu/production');
});

test('what cannot be read is not said in other words', () => {
  expect(parseResource('lambda/eu/orders')).toMatchObject({
    ok: false,
    reason: expect.stringContaining('ecs'),
  });
  expect(resourceWords('lambda/eu/orders')).toBe('lambda/eu/orders');
});

test('a node is in no namespace', () => {
  expect(resourceWords('kubernetes/main/_/node/worker-1')).toBe('node worker-1 of cluster main');
});
