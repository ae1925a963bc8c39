/** The supervisor with real processes: what it shows, what its actions do, what it refuses, and what it writes down. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerFault } from '../../lab/supervisor/answer-faults.ts';
import { callJson } from '../../lab/support/http.ts';
import { type Fixture, harmDone, healthy, startFixture, until } from './fixture.ts';

describe('the supervisor', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
    await healthy(fixture.lab);
  });
  afterAll(() => fixture?.stop());

  const api = (path: string) => `${fixture.lab.supervisorUrl}/v1${path}`;
  const post = (body: unknown, query = '') =>
    callJson<Record<string, unknown>>('POST', api(`/actions${query}`), body);
  const admin = <T>(path: string, body: unknown) =>
    callJson<T>('POST', `${fixture.lab.adminUrl}/admin${path}`, body);
  const taskIds = async (service: string) =>
    (await fixture.service(service)).replicas.map(({ taskId }) => taskId);

  it('shows every service with its replicas', async () => {
    const { services } = await callJson<{ services: Array<{ service: string; replicas: unknown[] }> }>(
      'GET',
      api('/services'),
    );
    expect(services.map(({ service, replicas }) => `${service} ${replicas.length}`)).toEqual([
      'gateway 1',
      'checkout 2',
      'payments 2',
      'inventory 2',
      'worker 1',
    ]);
    expect(await fixture.service('payments')).toMatchObject({
      service: 'payments',
      desiredReplicas: 2,
      release: 'v2',
      previousRelease: 'v1',
      releases: [{ release: 'v1' }, { release: 'v2' }],
      config: { version: 'c2', previous: 'c1' },
      sandbox: { usedBytes: expect.any(Number), limitBytes: 64 * 1024 * 1024 },
      replicas: [{ state: 'running', restarts: 0, pid: expect.any(Number) }, { state: 'running' }],
    });
  });

  it('has services that tell one story: spans of one trace through all of them, metrics and logs beside', async () => {
    const { receiver } = fixture;
    const trace = await until('a whole trace came', () => {
      const root = receiver.spans.find((s) => s.service === 'gateway' && s.parentSpanId === undefined);
      const spans = receiver.spans.filter(({ traceId }) => traceId === root?.traceId);
      return spans.length >= 11 ? spans : undefined;
    });
    const served = trace.filter(({ kind }) => kind === 2).map(({ service }) => service);
    expect(served.sort()).toEqual(['checkout', 'gateway', 'inventory', 'payments']);
    const called = trace.filter(({ kind }) => kind === 3).map(({ attributes }) => attributes['peer.service']);
    expect(called.sort()).toEqual(['bank', 'checkout', 'identity', 'inventory', 'payments', 'store', 'tax']);
    for (const { parentSpanId } of trace.filter((span) => span.parentSpanId)) {
      expect(trace.map(({ spanId }) => spanId)).toContain(parentSpanId);
    }
    const names = [
      'http.server.request.duration',
      'http.server.active_requests',
      'db.client.connection.count',
      'db.client.connection.max',
      'db.client.connection.pending_requests',
      'process.cpu.utilization',
      'process.memory.usage',
      'process.memory.limit',
      'container.restart.count',
      'container.state.running',
      'container.replicas.desired',
      'container.replicas.available',
      'system.filesystem.usage',
      'system.filesystem.limit',
    ];
    await until('every metric came', () =>
      names.every((name) => receiver.points.some((p) => p.service === 'payments' && p.name === name)),
    );
    expect(receiver.logs.some(({ traceId }) => traceId === trace[0]?.traceId)).toBe(true);
  });

  it('restarts one after the other, without a failed request', async () => {
    const before = await taskIds('checkout');
    const since = Date.now();
    const answer = await fixture.act('restart', 'checkout');
    expect(answer).toMatchObject({ action: 'restart', service: 'checkout', settled: true });
    const after = await taskIds('checkout');
    expect(after.length).toBe(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(await harmDone(fixture, since)).toEqual([]);
  });

  it('restarts one task only, when that is named', async () => {
    const [first, second] = await taskIds('inventory');
    await fixture.act('restart', 'inventory', { taskId: first });
    const after = await taskIds('inventory');
    expect(after).toContain(second);
    expect(after).not.toContain(first);
  });

  it('scales up and down', async () => {
    const { act, service, receiver } = fixture;
    expect(await act('scale', 'payments', { replicas: 3 })).toMatchObject({
      before: { desiredReplicas: 2 },
      after: { desiredReplicas: 3 },
    });
    await until('all three run', async () => {
      const { replicas } = await service('payments');
      return replicas.length === 3 && replicas.every(({ state }) => state === 'running');
    });
    await act('scale', 'payments', { replicas: 2 });
    expect((await service('payments')).replicas.length).toBe(2);
    await until(
      'both changes are announced',
      () => receiver.events.filter(({ type }) => type === 'scale').length === 2,
    );
    expect(receiver.events.filter(({ type }) => type === 'scale').map(({ summary }) => summary)).toEqual([
      'payments 2 → 3 replicas',
      'payments 3 → 2 replicas',
    ]);
  });

  it('rolls a release back and deploys it again', async () => {
    const { act, service } = fixture;
    expect(await act('rollback-release', 'worker')).toMatchObject({
      before: { release: 'v2' },
      after: { release: 'v1' },
    });
    await expect(act('rollback-release', 'worker')).rejects.toThrow(
      'worker has no earlier release to go back to',
    );
    await act('deploy-release', 'worker', { release: 'v2' });
    const { release, releases } = await service('worker');
    expect([release, ...releases.map((entry) => entry.release)]).toEqual(['v2', 'v1', 'v2', 'v1', 'v2']);
  });

  it('rolls a configuration back and applies it again, without replacing a process', async () => {
    const { act } = fixture;
    const before = await taskIds('gateway');
    expect(await act('rollback-config', 'gateway')).toMatchObject({
      before: { config: 'c2' },
      after: { config: 'c1' },
    });
    expect(await act('apply-config', 'gateway', { version: 'c2' })).toMatchObject({
      after: { config: 'c2' },
    });
    expect(await taskIds('gateway')).toEqual(before);
  });

  it('drains a task and takes it back; never the last one', async () => {
    const { act, service } = fixture;
    const [first, second] = await taskIds('inventory');
    await act('drain', 'inventory', { taskId: first });
    expect((await service('inventory')).replicas.map(({ state }) => state)).toEqual(['draining', 'running']);
    await expect(act('drain', 'inventory', { taskId: second })).rejects.toThrow(
      'without a replica that takes traffic',
    );
    await act('undrain', 'inventory', { taskId: first });
    expect((await service('inventory')).replicas.map(({ state }) => state)).toEqual(['running', 'running']);
  });

  it('shows what an action would do, without doing it', async () => {
    const request = {
      intentId: 'dry',
      fence: 0,
      action: 'scale',
      service: 'payments',
      parameters: { replicas: 5 },
    };
    expect(await post(request, '?dryRun=true')).toMatchObject({
      dryRun: true,
      before: { desiredReplicas: 2 },
      after: { desiredReplicas: 5 },
    });
    expect((await fixture.service('payments')).desiredReplicas).toBe(2);
    await expect(callJson('GET', api('/actions/dry'))).rejects.toMatchObject({ status: 404 });
  });

  it.each([
    ['an unknown service', { service: 'nowhere' }, 'there is no service nowhere'],
    ['an unknown action', { action: 'explode' }, 'action: '],
    ['too many replicas', { parameters: { replicas: 7 } }, 'scale: parameters.replicas: '],
    ['an unknown parameter', { parameters: { replicas: 2, force: true } }, 'force'],
    ['a missing parameter', { parameters: {} }, 'parameters.replicas'],
    ['an unknown task', { action: 'drain', parameters: { taskId: 'x' } }, 'payments has no task x'],
    [
      'an unknown release',
      { action: 'deploy-release', parameters: { release: 'v9' } },
      'payments has no release v9',
    ],
    ['no fence', { fence: undefined }, 'fence: '],
    ['an unknown field', { extra: 1 }, 'extra'],
  ])('refuses %s with 422 and the reason', async (_, change, reason) => {
    const request = {
      intentId: 'refused',
      fence: 99_999,
      action: 'scale',
      service: 'payments',
      parameters: { replicas: 3 },
    };
    const error = await post({ ...request, ...change }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 422, message: expect.stringContaining(reason) });
  });

  it('answers bad requests as HTTP does', async () => {
    await expect(callJson('GET', api('/nothing'))).rejects.toMatchObject({ status: 404 });
    await expect(callJson('DELETE', api('/actions'))).rejects.toMatchObject({ status: 405 });
    const broken = await fetch(api('/actions'), { method: 'POST', body: '{' });
    expect([broken.status, await broken.json()]).toEqual([400, { error: 'the body is not valid JSON' }]);
  });

  it('refuses an older fence, and takes the same or a newer one', async () => {
    const request = (fence: number) => ({
      intentId: `fenced-${fence}`,
      fence,
      action: 'clear-sandbox',
      service: 'gateway',
    });
    await post(request(20_100));
    await post(request(20_100));
    await expect(post(request(20_099))).rejects.toMatchObject({
      status: 409,
      message: 'fence 20099 is older than 20100, the highest seen for gateway',
    });
  });

  it('takes a numbered send once, and none that was closed', async () => {
    const request = (send: number) =>
      post({ intentId: 'numbered', fence: 20_200, send, action: 'clear-sandbox', service: 'gateway' });
    const close = (send: number) =>
      callJson('POST', api('/actions/other/close'), { service: 'gateway', fence: 20_201, send });
    await request(1);
    await expect(request(1)).rejects.toMatchObject({ status: 409 });
    await request(2);
    expect(await close(3)).toMatchObject({ happened: false, inProgress: false, closed: true });
    await expect(request(3)).rejects.toMatchObject({ status: 409 });
    const other = { intentId: 'other', fence: 20_201, action: 'clear-sandbox', service: 'gateway' };
    await expect(post({ ...other, send: 3 })).rejects.toMatchObject({
      status: 409,
      message: 'send 3 under fence 20201 of gateway was made or closed before',
    });
    await post({ ...other, send: 4 });
    expect(await close(4)).toMatchObject({ happened: true, closed: false });
  });

  it('does nothing too late, and nothing to a service that has changed', async () => {
    const request = { intentId: 'conditional', fence: 20_300, action: 'clear-sandbox', service: 'gateway' };
    await expect(post({ ...request, notAfterMs: Date.now() - 1_000 })).rejects.toMatchObject({ status: 409 });
    const { revision } = await fixture.service('gateway');
    await post({ ...request, notAfterMs: Date.now() + 60_000, ifRevision: revision });
    await expect(post({ ...request, ifRevision: revision })).rejects.toMatchObject({
      status: 412,
      message: expect.stringContaining('it changed meanwhile'),
    });
    // What was refused has changed nothing: whoever looked before it may still act.
    expect((await fixture.service('gateway')).revision).toBe(revision + 1);
  });

  it('does what it is told twice, and the ledger shows it', async () => {
    const request = { intentId: 'twice', fence: 20_500, action: 'clear-sandbox', service: 'gateway' };
    await post(request);
    await post(request);
    const found = await callJson<{ entries: Array<{ seq: number }>; inProgress: boolean }>(
      'GET',
      api('/actions/twice'),
    );
    expect(found.inProgress).toBe(false);
    expect(found.entries).toHaveLength(2);
    const onDisk = (await readFile(join(fixture.lab.dir, 'ledger.jsonl'), 'utf8')).trim().split('\n');
    expect(onDisk.map((line) => JSON.parse(line))).toEqual(await fixture.lab.ledger());
  });

  const arm = (fault: Partial<AnswerFault>) => admin('/answer-faults', fault);
  const somethingHeld = () =>
    until('something is held', async () => {
      const state = callJson<{ answerFaults: { held: number } }>(
        'GET',
        `${fixture.lab.adminUrl}/admin/state`,
      );
      return (await state).answerFaults.held === 1;
    });

  it('tells of an effect that is under way', async () => {
    await arm({ when: 'during-effect', mode: 'hold' });
    const answer = post({ intentId: 'slow', fence: 10_600, action: 'restart', service: 'checkout' });
    await somethingHeld();
    expect(await callJson('GET', api('/actions/slow'))).toMatchObject({ inProgress: true, entries: [] });
    await admin('/answer-faults/release', {});
    await answer;
    expect(await callJson('GET', api('/actions/slow'))).toMatchObject({
      inProgress: false,
      entries: [{ action: 'restart' }],
    });
  });

  describe('with a faulty answer', () => {
    const entriesOf = async (intentId: string) =>
      (await fixture.lab.ledger()).filter((entry) => entry.intentId === intentId).length;
    const clear = (intentId: string, fence = 21_000) =>
      post({ intentId, fence, action: 'clear-sandbox', service: 'worker' });

    it('loses the request: nothing was done', async () => {
      await arm({ when: 'before-effect', mode: 'drop' });
      await expect(clear('lost-request')).rejects.toThrow('fetch failed');
      expect(await entriesOf('lost-request')).toBe(0);
    });

    it('loses the answer: it was done', async () => {
      await arm({ when: 'after-effect', mode: 'drop' });
      await expect(clear('lost-answer')).rejects.toThrow('fetch failed');
      expect(await entriesOf('lost-answer')).toBe(1);
      await clear('next');
    });

    it('holds the answer until it is released', async () => {
      await arm({ when: 'after-effect', mode: 'hold' });
      let answered = false;
      const answer = clear('held').then(() => {
        answered = true;
      });
      await until('it is done', async () => (await entriesOf('held')) === 1);
      expect(answered).toBe(false);
      expect(await admin('/answer-faults/release', {})).toEqual({ released: 1 });
      await answer;
    });

    it('lets a late request come in after a newer one, whose fence keeps it out', async () => {
      await arm({ when: 'before-effect', mode: 'hold' });
      const late = clear('late', 22_000).catch((error: unknown) => error);
      await somethingHeld();
      await clear('newer', 22_001);
      await admin('/answer-faults/release', {});
      expect(await late).toMatchObject({ status: 409 });
      expect(await entriesOf('late')).toBe(0);
    });

    it('is none that drops what has begun', async () => {
      await expect(arm({ when: 'during-effect', mode: 'drop' })).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining('mode: an effect that has begun cannot be dropped'),
      });
    });

    it('delays', async () => {
      await arm({ when: 'after-effect', mode: 'delay', delayMs: 1 });
      expect(await clear('delayed', 22_002)).toMatchObject({ settled: true });
    });
  });

  it.each([
    [{ kind: 'gremlins', service: 'payments' }, 'there is no fault kind gremlins'],
    [{ kind: 'hang', service: 'nowhere' }, 'there is no service nowhere'],
    [{ kind: 'hang', service: 'payments', with: { depth: 1 } }, 'depth'],
    [{ kind: 'traffic-surge', service: 'worker' }, 'worker takes no requests'],
  ])('refuses a wrong fault: %j', async (fault, reason) => {
    const error = await admin('/faults', fault).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 422, message: expect.stringContaining(reason) });
  });

  it('tells a change again until the observer has taken it', async () => {
    const { receiver, act } = fixture;
    receiver.refuseEvents = 2;
    const known = receiver.events.length;
    await act('rollback-config', 'inventory');
    const event = await until('it arrives', () => receiver.events[known]);
    expect(event).toMatchObject({
      type: 'config',
      summary: 'inventory configuration c2 → c1',
      attributes: { actor: 'api' },
    });
    expect(receiver.refuseEvents).toBe(0);
  });

  it('ends with everything it has started', async () => {
    const { pids } = fixture.lab;
    const all = [pids.supervisor, pids.load, pids.outside, ...Object.values(pids.services).flat()];
    await fixture.lab.stop();
    await until('all are gone', () => all.every((pid) => !isAlive(pid)));
    expect(all.length).toBe(11);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
