import { expect, test } from 'vitest';
import { unseenChanges } from '../../../domain/lag/change-looks.ts';

const at = (text: string) => Date.parse(`2026-11-28T${text}Z`);
const onsetMs = at('03:12:20');
const looks = [
  { name: 'shop', atMs: at('03:12:10') },
  { name: 'store', atMs: at('03:12:20') },
];

test('what a system had not told when it began is named; what was looked at since is known', () => {
  expect(unseenChanges(looks, onsetMs, at('03:12:24'))).toEqual({
    missing: ['changes of shop since 03:12:10 UTC (its last look)'],
    isDue: true,
  });
  expect(unseenChanges(looks, at('03:12:05'), at('03:12:24'))).toEqual({ missing: [], isDue: false });
  expect(unseenChanges([], onsetMs, onsetMs)).toEqual({ missing: [], isDue: false });
});

test('one that has not been looked at for long is not waited for', () => {
  expect(unseenChanges(looks, onsetMs, at('03:12:54'))).toMatchObject({ isDue: true });
  expect(unseenChanges(looks, onsetMs, at('03:12:55'))).toMatchObject({
    missing: [expect.stringContaining('shop')],
    isDue: false,
  });
});
