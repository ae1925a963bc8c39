/** What a cluster tells of Sentinel's own effects is not taken for somebody's release. */
import { describe, expect, test } from 'vitest';
import type { ChangeEvent } from '../../../domain/observation.ts';
import { type OwnEffect, ownIntentOf } from '../../../domain/remediation/own-changes.ts';
import { environment, target } from './plans.ts';

const sentAtMs = Date.parse('2026-03-01T12:00:00Z');
const before = target('orders');
const rollback: OwnEffect = {
  ...{ id: 'i-1', target: before.target, action: 'rollback-release', parameters: { to: 'v1' }, before },
  ...{ sentAtMs, untilMs: sentAtMs + 30_000 },
};
const told = (more: Partial<ChangeEvent> = {}): ChangeEvent => ({
  ...{ kind: 'change', id: 'c', type: 'release', environment, service: 'orders' },
  ...{ atMs: sentAtMs + 2_000, summary: 'orders v2 → v1', attributes: { from: 'v2', to: 'v1' } },
  ...more,
});

describe('is Sentinel’s own', () => {
  test.each([
    ['as the cluster tells it', told()],
    ['with the whole name of the image', told({ attributes: { to: 'registry.test/orders:v1' } })],
    ['without a version', told({ attributes: {} })],
    ['by a clock that is behind', told({ atMs: sentAtMs - 60_000 })],
    ['told when it was through', told({ atMs: sentAtMs + 90_000 })],
  ])('%s', (_, change) => {
    expect(ownIntentOf(change, [rollback])).toBe('i-1');
  });

  test.each([
    ['apply-config', { version: 'c9' }, 'config', 'c9'],
    ['scale', { replicas: 4 }, 'scale', '4'],
  ] as const)('%s, too', (action, parameters, type, to) => {
    const effect = { ...rollback, action, parameters };
    expect(ownIntentOf(told({ type, attributes: { to } }), [effect])).toBe('i-1');
    expect(ownIntentOf(told(), [effect])).toBeNull();
  });
});

describe('is somebody else’s', () => {
  test.each([
    ['another version at the same time', told({ attributes: { to: 'v4' } })],
    ['a version that begins alike', told({ attributes: { to: 'v10' } })],
    ['a version that begins alike, of an image', told({ attributes: { to: 'registry.test/orders:v1-rc' } })],
    ['another service', told({ service: 'payments' })],
    ['another environment', told({ environment: 'production' })],
    ['before it', told({ atMs: sentAtMs - 60_001 })],
    ['after it', told({ atMs: sentAtMs + 90_001 })],
    ['of another kind', told({ type: 'config' })],
    ['of a kind that no action makes', told({ type: 'feature-flag', attributes: {} })],
  ])('%s', (_, change) => {
    expect(ownIntentOf(change, [rollback])).toBeNull();
  });

  test('what came days after an effect that a person settled only now', () => {
    const settledLate = { ...rollback, untilMs: sentAtMs + 3 * 86_400_000 };
    expect(ownIntentOf(told({ atMs: sentAtMs + 86_400_000 }), [settledLate])).toBeNull();
    expect(ownIntentOf(told({ atMs: sentAtMs + 3_600_000 }), [settledLate])).toBe('i-1');
  });

  test('a release beside an effect that changes none', () => {
    const restart = { ...rollback, action: 'restart', parameters: {} } as const;
    expect(ownIntentOf(told({ attributes: {} }), [restart])).toBeNull();
  });
});
