import { describe, expect, test } from 'vitest';
import { described, inventoryConfigSchema } from '../../../domain/inventory/rules.ts';
import { type ObservedState, targetKey } from '../../../domain/inventory/target.ts';

const resource = 'kubernetes/main/shop/deployment/orders-v2';
const state: ObservedState = {
  target: { environment: 'production', service: 'orders-v2', resource },
  desiredReplicas: 2,
  replicas: [],
  release: 'r1',
  config: 'c1',
};
const byName: ObservedState = { ...state, target: { environment: 'production', service: 'orders' } };

function withRules(rules: readonly unknown[], of: ObservedState = state): ObservedState {
  return described({ state: of, key: targetKey(of.target) }, inventoryConfigSchema.parse({ rules }));
}

describe('inventory rules', () => {
  test('for each field the first that fits and speaks of it counts', () => {
    const found = withRules([
      { match: { environment: 'staging' }, owner: 'nobody' },
      { match: { resource: 'kubernetes/*/shop/deployment/orders-*' }, service: 'orders', tier: '1' },
      {
        match: { service: 'orders*', environment: 'production' },
        owner: 'checkout',
        tier: '2',
        service: undefined,
      },
      { match: { environment: '*' }, owner: 'platform', protected: 'frozen until May' },
    ]);
    expect(found).toEqual({
      ...state,
      target: { ...state.target, service: 'orders' },
      team: 'checkout',
      tier: '1',
      protected: 'frozen until May',
    });
  });

  test('an exception before the rule takes a target out of it', () => {
    const all = { match: { environment: 'production' }, protected: true };
    expect(withRules([all]).protected).toBe('an inventory rule protects it');
    expect(withRules([{ match: { service: 'orders-v2' }, protected: false }, all]).protected).toBeUndefined();
  });

  test('what the executor itself protects no rule sets free', () => {
    const held = { ...state, protected: 'kube-system' };
    expect(withRules([{ match: { service: '*' }, protected: false }], held).protected).toBe('kube-system');
  });

  test('a target that is known by its name alone keeps it, and has a key that rules match', () => {
    const found = withRules(
      [{ match: { resource: 'service/production/*' }, service: 'other', tier: 'core' }],
      byName,
    );
    expect(found).toEqual({ ...byName, tier: 'core' });
  });

  test.each([
    [{ match: {} }, 'name at least one of environment, service and resource'],
    [{ match: { service: 'a' }, service: 'b' }, 'needs match.resource'],
    [{ match: { service: 'a b' } }, 'wildcards'],
    [{ match: { service: 'a' }, owner: 'a\nb' }, 'one line'],
    [{ match: { service: 'a' }, tier: 'very important' }, 'letters, digits'],
    [{ match: { service: 'a' }, guarded: true }, 'guarded'],
  ])('%j is refused', (rule, why) => {
    const parsed = inventoryConfigSchema.safeParse({ rules: [rule] });
    expect(parsed.error?.message).toContain(why);
  });
});
