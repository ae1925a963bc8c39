/** Faults that come with a change, from outside, with the traffic or on the disk: no restart helps against these. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, failing, harmDone, healthy, startFixture, until } from './fixture.ts';

describe('a fault', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
    await healthy(fixture.lab);
  });
  afterAll(() => fixture?.stop());

  const active = async () => (await fixture.lab.faults()).at(-1)?.active;
  const healedBy = async (action: string, service: string, parameters = {}) => {
    expect(await active()).toBe(true);
    expect(await fixture.act(action, service, parameters)).toMatchObject({ settled: true });
    expect(await active()).toBe(action === 'scale');
    await healthy(fixture.lab);
  };

  it('bad-release: is announced, survives a restart, is fixed by rolling back', async () => {
    const { lab, receiver, service, act } = fixture;
    await lab.inject({ kind: 'bad-release', service: 'payments' });
    const event = await until('the change is announced', () =>
      receiver.events.find(({ type }) => type === 'release'),
    );
    expect(event).toMatchObject({
      kind: 'change',
      environment: 'lab',
      service: 'payments',
      summary: 'payments v2 → v3',
      attributes: { from: 'v2', to: 'v3', actor: 'delivery-pipeline' },
    });
    expect(receiver.authorizations[0]).toBe('Bearer key-of-the-lab');
    expect(await service('payments')).toMatchObject({ release: 'v3', previousRelease: 'v2' });
    await act('restart', 'payments');
    await failing(lab, Date.now());
    await healedBy('rollback-release', 'payments');
    expect(await service('payments')).toMatchObject({ release: 'v2', previousRelease: 'v1' });
  });

  it('a release without defects is a change and nothing else', async () => {
    const { lab } = fixture;
    const since = Date.now();
    const fault = await lab.inject({ kind: 'bad-release', service: 'checkout', with: { errorRate: 0 } });
    expect(fault.active).toBe(false);
    expect(await harmDone(fixture, since)).toEqual([]);
    await healthy(lab);
  });

  it('bad-config: shows when its delay is over, is fixed by going back to the old configuration', async () => {
    const { lab, service } = fixture;
    const since = Date.now();
    await lab.inject({
      kind: 'bad-config',
      service: 'checkout',
      with: { delaySeconds: 1.5, errorRate: 1 },
    });
    const { buckets } = await failing(lab, since);
    const firstFailure = buckets.find(({ failed }) => failed > 0)?.at ?? 0;
    expect(firstFailure + 1_000).toBeGreaterThan(since + 1_500);
    expect((await service('checkout')).config).toMatchObject({ version: 'c3', previous: 'c2' });
    await healedBy('rollback-config', 'checkout');
  });

  it.each([
    ['release', 'rollback-release'],
    ['config', 'rollback-config'],
  ])('crash-loop by a %s: restarts are counted, fixed by %s', async (trigger, action) => {
    const { lab, service } = fixture;
    await lab.inject({ kind: 'crash-loop', service: 'inventory', with: { afterSeconds: 0.5, trigger } });
    await until('every replica was started again', async () =>
      (await service('inventory')).replicas.every(({ restarts }) => restarts > 0),
    );
    await healedBy(action, 'inventory');
  });

  it('slow-dependency: nothing inside helps', async () => {
    const { lab, receiver, act } = fixture;
    const { id } = await lab.inject({ kind: 'slow-dependency', service: 'payments' });
    await until('calls to the bank time out', () =>
      receiver.spans.find(
        ({ attributes }) => attributes['peer.service'] === 'bank' && attributes['error.type'] === 'timeout',
      ),
    );
    await act('restart', 'payments');
    await failing(lab, Date.now());
    expect(await active()).toBe(true);
    await lab.heal(id);
    await healthy(lab);
  });

  it('disk-fill: writes fail when the quota is used up, emptying the sandbox helps', async () => {
    const { lab, receiver, service } = fixture;
    const since = Date.now();
    await lab.inject({ kind: 'disk-fill', service: 'inventory', with: { mbPerSecond: 64 } });
    await failing(lab, since);
    const sandbox = await until('the quota is used up', async () => {
      const { sandbox: its } = await service('inventory');
      return its.usedBytes > its.limitBytes * 0.99 ? its : null;
    });
    // Replicas that write in the same instant may overshoot by a few journal records.
    expect(sandbox.usedBytes).toBeLessThan(sandbox.limitBytes + 16_384);
    await until('the error is logged', () => receiver.logs.some(({ body }) => body.includes('ENOSPC')));
    await until('the host reports it', () =>
      receiver.points.some(
        ({ name, value }) => name === 'system.filesystem.usage' && value > sandbox.limitBytes * 0.99,
      ),
    );
    await healedBy('clear-sandbox', 'inventory');
  });

  it('traffic-surge: too much for the replicas there are, enough are found by scaling', async () => {
    const { lab, receiver } = fixture;
    const since = Date.now();
    const { id } = await lab.inject({ kind: 'traffic-surge', service: 'payments', with: { factor: 4 } });
    await failing(lab, since);
    await until('it says that it is overloaded', () =>
      receiver.logs.some(({ body }) => body.includes('overloaded')),
    );
    await healedBy('scale', 'payments', { replicas: 5 });
    await lab.heal(id);
  });
});
