/** Faults that live inside running processes: each shows, and goes with the process or by itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fixture, failing, harmDone, healthy, startFixture, until } from './fixture.ts';

describe('a fault inside a process', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
    await healthy(fixture.lab);
  });
  afterAll(() => fixture?.stop());
  beforeEach(() => fixture.receiver.clear());

  const active = async () => (await fixture.lab.faults()).at(-1)?.active;
  const restartHeals = async (service: string) => {
    expect(await active()).toBe(true);
    expect(await fixture.act('restart', service)).toMatchObject({ settled: true });
    expect(await active()).toBe(false);
    await healthy(fixture.lab);
  };

  it('hang: callers time out, the host still sees the process, restart helps', async () => {
    const { lab, receiver } = fixture;
    const since = Date.now();
    await lab.inject({ kind: 'hang', service: 'payments' });
    await failing(lab, since, 15);
    await until('a caller has timed out', () =>
      receiver.spans.find(
        ({ attributes }) =>
          attributes['peer.service'] === 'payments' && attributes['error.type'] === 'timeout',
      ),
    );
    receiver.points.length = 0;
    await until('the host reports the hung process', () =>
      receiver.points.find(
        ({ service, name, value }) =>
          service === 'payments' && name === 'container.state.running' && value === 1,
      ),
    );
    expect(
      receiver.points.some(
        ({ service, name }) => service === 'payments' && name === 'http.server.request.duration',
      ),
    ).toBe(false);
    await restartHeals('payments');
  });

  it('hang of one replica: draining it helps too', async () => {
    const { lab, service, act } = fixture;
    const since = Date.now();
    await lab.inject({ kind: 'hang', service: 'checkout', with: { replicas: 1 } });
    await failing(lab, since);
    const [hung] = (await service('checkout')).replicas;
    await act('drain', 'checkout', { taskId: hung?.taskId });
    expect(await active()).toBe(false);
    await healthy(lab);
    await act('restart', 'checkout', { taskId: hung?.taskId });
  });

  it('error-burst: the error log says so, restart helps', async () => {
    const { lab, receiver } = fixture;
    const since = Date.now();
    await lab.inject({ kind: 'error-burst', service: 'inventory' });
    await failing(lab, since);
    const log = await until('the template is logged', () =>
      receiver.logs.find(
        ({ service, body }) => service === 'inventory' && body.includes('ledger shard is read-only'),
      ),
    );
    expect(log).toMatchObject({ severity: 'ERROR', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    await restartHeals('inventory');
  });

  it('pool-exhaustion: connections are all in use and requests wait for one, restart helps', async () => {
    const { lab, receiver } = fixture;
    const since = Date.now();
    await lab.inject({ kind: 'pool-exhaustion', service: 'payments', with: { leakPerSecond: 10 } });
    await failing(lab, since);
    const seen = (name: string) => receiver.points.filter((p) => p.service === 'payments' && p.name === name);
    await until('requests wait for a connection', () =>
      seen('db.client.connection.pending_requests').some((p) => p.value > 0),
    );
    const used = seen('db.client.connection.count').filter(({ attributes }) => attributes.state === 'used');
    expect(Math.max(...used.map(({ value }) => value))).toBe(seen('db.client.connection.max')[0]?.value);
    await restartHeals('payments');
  });

  it('memory-leak: memory grows to the limit, the kill is not the end of it, restart is', async () => {
    const { lab, receiver, service } = fixture;
    await lab.inject({ kind: 'memory-leak', service: 'payments', with: { mbPerSecond: 20, replicas: 1 } });
    const killed = await until('the process was killed and started again', async () =>
      (await service('payments')).replicas.find(({ restarts }) => restarts > 0),
    );
    expect(killed.exitReason).toBe('OOMKilled');
    const mine = receiver.points.filter(({ instance }) => instance === killed.taskId);
    const memory = mine.filter(({ name }) => name === 'process.memory.usage').map(({ value }) => value);
    expect(Math.max(...memory)).toBeGreaterThan(Math.min(...memory) * 1.2);
    await until('the restart is counted', () =>
      receiver.points.some(
        (p) => p.instance === killed.taskId && p.name === 'container.restart.count' && p.value > 0,
      ),
    );
    await restartHeals('payments');
  });

  it('cpu-burn: the host sees it and requests take longer, restart helps', async () => {
    const { lab, receiver } = fixture;
    await lab.inject({
      kind: 'cpu-burn',
      service: 'checkout',
      with: { intensity: 0.9, sliceMs: 300, replicas: 1 },
    });
    // A twentieth is usual. How much of a core it gets is for the machine to say.
    const burning = await until('the CPU is busy', () =>
      receiver.points.find(
        ({ service, name, value }) =>
          service === 'checkout' && name === 'process.cpu.utilization' && value > 0.25,
      ),
    );
    const since = Date.now();
    await until('requests take longer', async () => ((await lab.stats(since)).p95Ms ?? 0) > 500);
    expect(burning.instance).toMatch(/^checkout-/);
    await restartHeals('checkout');
  });

  it('crash: the service is down until it is restarted', async () => {
    const { lab, receiver, service } = fixture;
    const since = Date.now();
    await lab.inject({ kind: 'crash', service: 'inventory' });
    await failing(lab, since);
    const ended = await until('both processes have ended', async () => {
      const { replicas } = await service('inventory');
      return replicas.every(({ state }) => state === 'exited') ? replicas : null;
    });
    expect(ended.map(({ exitReason }) => exitReason)).toEqual(['exit code 1', 'exit code 1']);
    await until('the host reports it', () =>
      receiver.points.some(
        ({ service: s, name, value }) =>
          s === 'inventory' && name === 'container.replicas.available' && value === 0,
      ),
    );
    await restartHeals('inventory');
  });

  it('telemetry-gap: nothing comes from the service, which is fine', async () => {
    const { lab, receiver } = fixture;
    const since = Date.now();
    const { id } = await lab.inject({ kind: 'telemetry-gap', service: 'checkout' });
    const callsSeen = () =>
      receiver.spans.filter(({ attributes, kind }) => kind === 3 && attributes['peer.service'] === 'checkout')
        .length;
    // What was already on its way may still come; after a second of calls nothing is.
    await until('the callers go on to call it', () => callsSeen() > 20);
    receiver.clear();
    await until('the callers go on to call it', () => callsSeen() > 20);
    expect(receiver.spans.some(({ service }) => service === 'checkout')).toBe(false);
    expect(await harmDone(fixture, since)).toEqual([]);
    await lab.heal(id);
    receiver.clear();
    await until('spans come again', () => receiver.spans.some(({ service }) => service === 'checkout'));
  });

  it('log-noise: many alarming lines, no harm', async () => {
    const { lab, receiver } = fixture;
    const since = Date.now();
    const { id } = await lab.inject({
      kind: 'log-noise',
      service: 'inventory',
      with: { linesPerSecond: 100 },
    });
    await until(
      'the lines arrive',
      () =>
        receiver.logs.filter(({ service, severity }) => service === 'inventory' && severity === 'WARN')
          .length > 100,
    );
    expect(await harmDone(fixture, since)).toEqual([]);
    await lab.heal(id);
    expect(await active()).toBe(false);
  });

  it('transient-spike: goes by itself', async () => {
    const { lab } = fixture;
    const since = Date.now();
    await lab.inject({
      kind: 'transient-spike',
      service: 'payments',
      with: { durationSeconds: 3, errorRate: 1 },
    });
    await failing(lab, since);
    await until('it has gone', async () => (await active()) === false);
    await healthy(lab);
    expect((await lab.ledger()).filter(({ at }) => Date.parse(at) > since)).toEqual([]);
  });
});
