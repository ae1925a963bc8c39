import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { targetKey, targetText } from '../../../domain/inventory/target.ts';
import { stepKey } from '../../../domain/remediation/plan.ts';
import { planRisk } from '../../../domain/remediation/planner.ts';

const orders = { environment: 'production', service: 'orders' };
const deployment = { ...orders, resource: 'kubernetes/main/shop/deployment/orders' };

describe('the key of a target', () => {
  test('names its kind first, and the resource where it is known', () => {
    expect(targetKey(orders)).toBe('service/production/orders');
    expect(targetKey(deployment)).toBe('kubernetes/main/shop/deployment/orders');
  });

  test('is one for everything that the resource serves, in any environment', () => {
    expect(targetKey({ ...deployment, service: 'orders-admin' })).toBe(targetKey(deployment));
    expect(targetKey({ ...deployment, environment: 'staging' })).toBe(targetKey(deployment));
  });

  test('never makes one of two names, whatever is in them', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '/', '%', '2', 'F', '5') });
    const key = ([environment, service]: readonly [string, string]) => targetKey({ environment, service });
    fc.assert(
      fc.property(fc.tuple(name, name), fc.tuple(name, name), (one, other) => {
        expect(key(one) === key(other)).toBe(one[0] === other[0] && one[1] === other[1]);
      }),
      {
        examples: [
          [
            ['a/a', 'a'],
            ['a', 'a/a'],
          ],
          [
            ['a%2F', 'a'],
            ['a/', 'a'],
          ],
        ],
      },
    );
  });

  test('for people it says what the resource serves', () => {
    expect(targetText(orders)).toBe('production/orders');
    expect(targetText(deployment)).toBe('production/orders (kubernetes/main/shop/deployment/orders)');
  });
});

describe('the key of a step', () => {
  test('is what recorded events hold, for a target that is known by its name alone', () => {
    expect(stepKey({ action: 'restart', target: orders })).toBe('restart@production/orders');
  });

  test('is one for two services on one resource', () => {
    const step = { action: 'restart', target: { ...deployment, service: 'orders-admin' } } as const;
    expect(stepKey(step)).toBe('restart@kubernetes/main/shop/deployment/orders');
  });
});

test('two services on one resource are one target to lose', () => {
  const lost = (target: typeof orders) => ({ target, risk: 'low', reversible: false }) as const;
  expect(planRisk([lost(deployment), lost({ ...deployment, service: 'orders-admin' })])).toBe('low');
  expect(planRisk([lost(deployment), lost(orders)])).toBe('high');
});
