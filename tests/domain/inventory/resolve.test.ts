// From the service that is ill to the one thing that serves it: one, or a sentence.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, type KeptResource, resolve } from '../../../domain/inventory/resolve.ts';

const environment = 'production';
const orders = { environment, service: 'orders' };

function target(executor: string, resource?: string, service = 'orders'): Candidate {
  return {
    target: { environment, service, ...(resource === undefined ? {} : { resource }) },
    executor,
    desiredReplicas: 1,
    replicas: [],
    release: 'r1',
    config: 'c1',
  };
}
const said = (
  attributes: Readonly<Record<string, string>>,
  resourceId = 'a',
  service = 'orders',
): KeptResource => ({
  environment,
  service,
  resourceId,
  attributes,
});

const main = target('kube', 'kubernetes/main/shop/deployment/orders');
const backup = target('kube-backup', 'kubernetes/backup/shop/deployment/orders');
const test1 = target('kube', 'kubernetes/main/test/deployment/orders');
const lab = target('lab');
const inShop = { 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'orders' };

describe('exactly one', () => {
  test('that serves it, whatever telemetry keeps to itself', () => {
    expect(resolve(orders, [main, target('kube', undefined, 'payments')], [])).toEqual({
      ok: true,
      target: main,
    });
    expect(resolve(orders, [lab], [said({ 'host.name': 'web1' })])).toEqual({ ok: true, target: lab });
  });

  test('is told from its namesakes by what its instances say', () => {
    expect(resolve(orders, [test1, main], [said(inShop)])).toEqual({ ok: true, target: main });
    const there = said({ ...inShop, 'k8s.cluster.name': 'backup' });
    expect(resolve(orders, [main, backup], [there])).toEqual({ ok: true, target: backup });
  });

  test('is where the one instance is that is to blame', () => {
    const kept = [
      said({ ...inShop, 'k8s.cluster.name': 'main' }, 'a'),
      said({ ...inShop, 'k8s.cluster.name': 'backup' }, 'b'),
    ];
    expect(resolve({ ...orders, resourceId: 'b' }, [main, backup], kept)).toEqual({
      ok: true,
      target: backup,
    });
    expect(resolve(orders, [main, backup], kept).ok).toBe(false);
  });

  test('a cluster that telemetry calls otherwise than configuration proves nothing', () => {
    const kept = [said({ ...inShop, 'k8s.cluster.name': 'arn:aws:eks:eu:1:cluster/main' })];
    expect(resolve(orders, [main], kept)).toEqual({ ok: true, target: main });
  });

  test('while it moves, one instance that is still there is enough', () => {
    const kept = [said({ 'k8s.namespace.name': 'new' }, 'a'), said(inShop, 'b')];
    expect(resolve(orders, [main], kept)).toEqual({ ok: true, target: main });
  });
});

describe('a sentence', () => {
  const reason = (...given: Parameters<typeof resolve>) => {
    const found = resolve(...given);
    return found.ok ? 'resolved' : found.reason;
  };

  test('when no executor has it', () => {
    expect(reason(orders, [], [])).toBe('no executor has this target');
    expect(reason(orders, [], [said(inShop)])).toBe(
      'no executor has this target; telemetry says that it runs as kubernetes namespace shop, kubernetes kind deployment, kubernetes name orders',
    );
    expect(reason(orders, [{ ...main, target: { ...main.target, environment: 'staging' } }], [])).toBe(
      'no executor has this target',
    );
  });

  test('with the rule that would decide, when telemetry names what an executor calls otherwise: it is not believed', () => {
    const payments = target('kube', 'kubernetes/main/shop/deployment/payments', 'payments');
    const claim = said({ 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'payments' });
    expect(reason(orders, [payments], [claim])).toBe(
      'no executor has this target; telemetry says that it runs as kubernetes/main/shop/deployment/payments, which executor kube calls payments: if that is so, an inventory rule says it (match.resource: kubernetes/main/shop/deployment/payments, service: orders)',
    );
  });

  test('when several are called so, with which', () => {
    expect(reason(orders, [main, lab], [])).toBe(
      '2 targets have this name (production/orders (kubernetes/main/shop/deployment/orders) of executor kube, production/orders of executor lab); an inventory rule says which of them serves it, or leave it to one executor',
    );
  });

  test('when everything that is known speaks against the only one', () => {
    expect(reason(orders, [test1], [said(inShop)])).toContain(
      'telemetry says that it runs elsewhere than production/orders (kubernetes/main/test/deployment/orders)',
    );
  });
});

test('whatever anybody sends, what is resolved is called as the service is, and alone in that or told apart', () => {
  const text = fc.constantFrom('orders', 'shop', 'payments', 'main', 'i-0123456789', '', 'x'.repeat(400));
  const attributes = fc.dictionary(
    fc.constantFrom(
      'k8s.namespace.name',
      'k8s.deployment.name',
      'k8s.cluster.name',
      'container.name',
      'host.name',
    ),
    text,
  );
  const resources = [
    undefined,
    'kubernetes/main/shop/deployment/orders',
    'kubernetes/main/shop/deployment/payments',
    'docker/web1/orders',
    'host/shop',
    'not a resource',
  ];
  const targets = fc.array(
    fc.record({ resource: fc.constantFrom(...resources), service: fc.constantFrom('orders', 'payments') }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(targets, fc.array(attributes, { maxLength: 3 }), (some, claims) => {
      const all = some.map(({ resource, service }, index) => target(`executor-${index}`, resource, service));
      const found = resolve(
        orders,
        all,
        claims.map((one, index) => said(one, `i${index}`)),
      );
      const named = all.filter((one) => one.target.service === 'orders');
      expect(found.ok ? named.includes(found.target) : found.reason.length > 0).toBe(true);
      expect(found.ok && named.length > 1 && claims.length === 0).toBe(false);
    }),
  );
});
