import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeServices, ServicesSeen } from '../../../ingest/kafka/services-seen.ts';

test('what was noted is read back, by environment', () => {
  const seen = new ServicesSeen();
  seen.note('prod', 'orders', 1);
  seen.note('prod', 'payments', 2);
  seen.note('test', 'orders', 3);
  expect(decodeServices(seen.encode())).toEqual(
    new Map([
      ['test', ['orders']],
      ['prod', ['payments', 'orders']],
    ]),
  );
});

test('who is not heard of any more is forgotten', () => {
  const seen = new ServicesSeen();
  seen.note('prod', 'gone', 1);
  seen.note('prod', 'there', 5);
  seen.forgetBefore(5);
  expect(decodeServices(seen.encode())).toEqual(new Map([['prod', ['there']]]));
});

test('nothing at all is empty metadata', () => {
  expect(new ServicesSeen().encode()).toBe('');
});

test('never more than a broker takes; of too many services, those heard of last', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 500 }),
      (names) => {
        const seen = new ServicesSeen();
        for (const [index, name] of names.entries()) seen.note('prod', name, index);
        const text = seen.encode();
        expect(text.length).toBeLessThanOrEqual(4_000);
        expect(decodeServices(text).get('prod')?.[0]).toBe(names.at(-1));
      },
    ),
  );
});

test('metadata of somebody else says nothing', () => {
  fc.assert(fc.property(fc.string(), (text) => decodeServices(text) instanceof Map));
  for (const text of ['{}', 'YQ==', 'offset of another tool'])
    expect(decodeServices(text)).toEqual(new Map());
});
