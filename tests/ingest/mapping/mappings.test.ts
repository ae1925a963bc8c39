import { afterAll, describe, expect, test } from 'vitest';
import { wrongWithMapping } from '../../../ingest/mapping/compile.ts';
import { createMappings } from '../../../ingest/mapping/mappings.ts';

const patient = { timeoutMs: 60_000, longestMs: 60_000 };
const mappings = createMappings(patient);
afterAll(() => mappings.close());

test('what is made of a body', async () => {
  expect(await mappings.apply('{"a": $sum(l), "b": $uppercase(t)}', { l: [1, 2], t: 'x' })).toEqual({
    ok: true,
    value: { a: 3, b: 'X' },
  });
  expect(await mappings.apply('nothing', {})).toEqual({ ok: true, value: null });
});

test('many at once are answered each with its own', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, (_, n) => mappings.apply('n', { n })));
  expect(all.map((one) => one.ok && one.value)).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

test('more than it can have waiting are told to come again', async () => {
  const all = await Promise.all(Array.from({ length: 300 }, () => mappings.apply('1', {})));
  expect(all.filter((one) => !one.ok && one.why === 'busy')).toHaveLength(100);
});

test.each([
  ['recursion without end', '($f := function($n){ 1 + $f($n + 1) }; $f(0))', {}, 'wrong', 'Stack overflow'],
  ['a list of ten million', '[1..9999999]', {}, 'wrong', 'sequence'],
  [
    'a list that doubles',
    '$reduce([1..60], function($a, $b){ $append($a, $a) }, [1, 2])',
    {},
    'wrong',
    'sequence',
  ],
  ['a text of more than a million', '$pad("x", 1000001)', {}, 'wrong', 'more than 1000000 characters'],
  ['a type that does not fit', '$uppercase(a)', { a: 1 }, 'wrong', 'line 1, column 11'],
  ['an expression of the body', '$eval(a)', { a: '1 + 1' }, 'wrong', '$eval is not available'],
] as const)('%s is refused', async (_what, expression, body, why, detail) => {
  const mapped = await mappings.apply(expression, body);
  // Before what it made is compared, which may be long.
  expect(mapped.ok).toBe(false);
  expect(mapped).toEqual({ ok: false, why, detail: expect.stringContaining(detail) });
  expect(await mappings.apply('a', { a: 1 })).toEqual({ ok: true, value: 1 });
});

describe('what does not end', () => {
  test.each([
    ['a loop', { timeoutMs: 100 }, '($f := function(){ $f() }; $f())', {}, 'Evaluation timeout'],
    [
      'an expression that a body makes slow',
      { longestMs: 400 },
      '$match(a, /^(a+)+$/)',
      { a: `${'a'.repeat(60)}!` },
      'takes longer than 0.4 s',
    ],
  ])(
    '%s is ended, holds nothing up meanwhile, and the next body is read',
    async (_what, bounds, expression, body, detail) => {
      const brief = createMappings({ ...patient, ...bounds });
      let turns = 0;
      const turn = setInterval(() => (turns += 1), 10);
      const mapped = await brief.apply(expression, body);
      clearInterval(turn);
      expect(mapped).toEqual({ ok: false, why: 'late', detail: expect.stringContaining(detail) });
      expect(turns).toBeGreaterThan(0);
      await expect.poll(() => brief.apply('a', { a: 1 })).toEqual({ ok: true, value: 1 });
      await brief.close();
    },
  );
});

test('what fills the memory is ended, and the next body is read', async () => {
  const small = createMappings({ ...patient, memoryMb: 16 });
  const mapped = await small.apply('$map([1..9999], function($v){ [1..9999] })', {});
  expect(mapped).toEqual({ ok: false, why: 'wrong', detail: 'the mapping needs more than 16 MB' });
  await expect.poll(() => small.apply('a', { a: 1 })).toEqual({ ok: true, value: 1 });
  await small.close();
});

test.each([
  '$$.constructor',
  'a.toString',
  'a.__proto__',
  '$lookup(a, "constructor")',
  '$lookup($string, "implementation")',
  '$string.implementation.constructor("return process")()',
  '$merge([{"__proto__": {"polluted": 1}}]).polluted',
  '$process',
  '$require',
])('nothing outside is reached by %s', async (expression) => {
  const mapped = await mappings.apply(
    expression,
    JSON.parse('{"a": {"b": 1}, "__proto__": {"polluted": 1}}'),
  );
  expect(mapped).toEqual({ ok: true, value: null });
});

test('what does not compile is told with its place', () => {
  expect(wrongWithMapping('{"a": b}')).toBeNull();
  expect(wrongWithMapping('{\n  "a": b +\n}')).toMatch(/line 3, column 1/);
  expect(wrongWithMapping('('.repeat(100_000))).not.toBeNull();
});
