import { expect, test } from 'vitest';
import { peersOf, tooMuchAtOnce } from '../../../domain/inventory/at-once.ts';
import type { ObservedState } from '../../../domain/inventory/target.ts';

const on = (key: string, tier: string | null = 'core', blastRadius = 0.5) => ({ key, tier, blastRadius });

test('of a tier only so many are disturbed at once, and one always may be', () => {
  expect(tooMuchAtOnce(on('a'), [], 1, 0)).toBeNull();
  expect(tooMuchAtOnce(on('a'), [on('b')], 4, 0.5)).toBeNull();
  expect(tooMuchAtOnce(on('a'), [on('b'), on('c')], 4, 0.5)).toBe(
    '2 of 4 targets of tier core are being acted on; at most 2 may be at once',
  );
  expect(tooMuchAtOnce(on('a'), [on('b'), on('c')], 5, 0.5)).toBeNull();
  expect(tooMuchAtOnce(on('a', null), [on('b', null)], 1, 1)).toBe(
    '1 of 1 targets without a tier are being acted on; at most 1 may be at once',
  );
});

test('each target counts once, other tiers and what takes nothing away not at all', () => {
  const already = [on('b'), on('b'), on('c', 'edge'), on('d', 'core', 0), on('a')];
  expect(tooMuchAtOnce(on('a'), already, 4, 0.5)).toBeNull();
  expect(tooMuchAtOnce(on('a', 'core', 0), [on('b'), on('c'), on('d')], 4, 0.5)).toBeNull();
  expect(tooMuchAtOnce(on('a'), [on('b', 'core', Number.NaN)], 1, 0.5)).not.toBeNull();
});

test('what has no tier is one tier', () => {
  const state: ObservedState = {
    target: { environment: 'e', service: 's' },
    desiredReplicas: 1,
    replicas: [],
    release: '',
    config: '',
  };
  const all = [state, state, { ...state, tier: 'core' }];
  expect(peersOf(state, all)).toBe(2);
  expect(peersOf({ tier: 'core' }, all)).toBe(1);
  expect(peersOf({ tier: 'gone' }, all)).toBe(1);
});
