/** The Docker executor against a real engine: what it sees, does, refuses, and does not know. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Executor, Polled } from '../../../activities/ports/executor.ts';
import { createDockerExecutor, type DockerSettings } from '../../../adapters/docker/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { eventually } from '../../integration/support/wait.ts';
import { callOf } from '../../support/calls.ts';
import { describeWith } from '../../support/component.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { type Engine, startEngine } from '../../support/docker.ts';
import { type DockerProxy, startDockerProxy } from '../../support/docker-proxy.ts';

const environment = 'practice';
const service = { 'com.docker.compose.service': 'orders' };

await describeWith<DockerInfo>('docker', 'The Docker executor', (info) => {
  let engine: Engine;
  let proxy: DockerProxy;
  let intents = 0;
  beforeAll(async () => {
    engine = await startEngine(info);
    proxy = await startDockerProxy(engine.socket);
  }, 600_000);
  const asked = new Set<string>();
  afterEach(async () => {
    for (const line of proxy.requests) asked.add(line.replace(/\/containers\/[^/]+\//, '/containers/<id>/'));
    proxy.reset();
    await engine.clear();
  });
  afterAll(async () => {
    await proxy?.close();
    await engine?.stop();
  });

  const executorOf = (more: Partial<DockerSettings> = {}): Executor =>
    createDockerExecutor(
      {
        name: 'web1',
        host: 'web1',
        url: proxy.url,
        containers: ['shop-*', 'label:act=yes'],
        serviceLabel: 'com.docker.compose.service',
        stopSeconds: 5,
        ...more,
      },
      { nowMs: Date.now },
    );

  async function intentFor(executor: Executor, action: Intent['action'], more: Partial<Intent> = {}) {
    intents += 1;
    const [before] = await executor.observe(environment, 'orders');
    if (before === undefined) throw new Error('the target is not there');
    const intent: Intent = {
      id: `intent-${intents}`,
      incidentId: 'incident/abc/1',
      planHash: 'p',
      step: 0,
      direction: 'forward',
      action,
      target: before.target,
      executor: 'web1',
      parameters: {},
      fence: intents,
      before,
      expects: [],
      ...more,
    };
    return {
      intent,
      call: callOf({ number: 1, notAfterMs: Date.now() + 60_000 }, { revision: before.revision }),
    };
  }

  /** Begins it and follows it to its end. */
  async function carryThrough(executor: Executor, action: Intent['action']): Promise<Polled> {
    const { intent, call } = await intentFor(executor, action);
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(begun)}`);
    return eventually(
      `${action} to end`,
      async () => {
        const polled = await executor.poll(intent, begun.handle, call.signal);
        return polled.kind === 'running' ? null : polled;
      },
      300_000,
    );
  }

  const effects = () => proxy.requests.filter((line) => line.startsWith('POST') && !line.includes('/0000'));
  const startOf = async (name: string) => (await engine.inspect(name)).State.StartedAt;

  it('sees the containers that are named, and no others', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service, memoryBytes: 64e6 });
    await engine.run({ name: 'cache', labels: { act: 'yes' } });
    await engine.run({ name: 'database', labels: { act: 'no' } });
    const all = await executorOf().observe(environment);
    expect(all.map(({ target }) => target)).toEqual(
      expect.arrayContaining([
        { environment, service: 'orders', resource: 'docker/web1/shop-orders-1' },
        { environment, service: 'cache', resource: 'docker/web1/cache' },
      ]),
    );
    expect(all).toHaveLength(2);
    const [orders] = await executorOf().observe(environment, 'orders');
    expect(orders).toMatchObject({
      executor: 'web1',
      desiredReplicas: 1,
      readyReplicas: 1,
      replicas: [{ id: 'shop-orders-1', state: 'running', restarts: 0 }],
      release: expect.stringMatching(/^busybox:test@[a-f0-9]{12}$/),
      supports: ['restart', 'stop', 'start'],
    });
    expect(orders?.replicas[0]?.startedAtMs).toBe(Date.parse(await startOf('shop-orders-1')));
    expect(await executorOf().observe(environment, 'database')).toEqual([]);
  });

  it('restarts a container once, and finds it done', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const before = await startOf('shop-orders-1');
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    expect(await executor.lookUp(intent)).toBe('not-happened');
    const begun = await executor.begin(intent, call);
    expect(begun).toMatchObject({ kind: 'accepted' });
    const handle = begun.kind === 'accepted' ? begun.handle : '';
    // Whichever process goes on with it; one that has just begun to run may end at once.
    const poll = () => executorOf().poll(intent, handle, call.signal);
    const ended = await eventually(
      'its end',
      async () => ((await poll()).kind === 'running' ? null : poll()),
      300_000,
    );
    expect(ended).toMatchObject({ kind: 'done', after: { replicas: [{ state: 'running' }] } });
    expect(await executor.lookUp(intent)).toBe('happened');
    expect(await startOf('shop-orders-1')).not.toBe(before);
    expect(effects()).toHaveLength(1);
    // The same call again meets another container than the one that was looked at.
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    expect(effects()).toHaveLength(1);
  });

  it('stops a container, and starts it again', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const executor = executorOf();
    expect(await carryThrough(executor, 'stop')).toMatchObject({ kind: 'done', after: { readyReplicas: 0 } });
    expect((await engine.inspect('shop-orders-1')).State.Running).toBe(false);
    const again = await intentFor(executor, 'stop');
    expect(await executor.begin(again.intent, again.call)).toMatchObject({
      kind: 'refused',
      code: 'changed-meanwhile',
    });
    expect(await carryThrough(executor, 'start')).toMatchObject({
      kind: 'done',
      after: { readyReplicas: 1 },
    });
    expect((await engine.inspect('shop-orders-1')).State.Running).toBe(true);
  });

  it('calls a start done only when the health check passes', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service, health: 'test -f /tmp/well' });
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    const begun = await executor.begin(intent, call);
    const handle = begun.kind === 'accepted' ? begun.handle : '';
    const ended = await eventually(
      'the health check to decide',
      async () => {
        const polled = await executor.poll(intent, handle, call.signal);
        return polled.kind === 'running' ? null : polled;
      },
      300_000,
    );
    expect(ended).toMatchObject({ kind: 'failed', reason: expect.stringContaining('health check fails') });
  });

  it('says what is left of a container that does not come back', async () => {
    const container = await engine.run({
      name: 'shop-orders-1',
      labels: service,
      command:
        'test -f /tmp/ran && exit 3; touch /tmp/ran; echo ran; trap "exit 0" TERM; while :; do sleep 3600 & wait; done',
    });
    const said = async () => (await container.logs({ stdout: true })).toString().includes('ran') || null;
    await eventually('its first run', said, 300_000);
    expect(await carryThrough(executorOf(), 'restart')).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('exit code 3'),
      left: 'the container is stopped',
    });
  });

  it.each([
    ['lost-before', 'not-happened', 'same'],
    ['lost-after', 'happened', 'moved'],
  ] as const)('does not know after an answer that was %s, and looks: %s', async (fault, found, start) => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const before = await startOf('shop-orders-1');
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    proxy.once(/^POST .*restart$/, fault);
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'unknown' });
    expect(await executor.lookUp(intent)).toBe(found);
    expect((await startOf('shop-orders-1')) === before).toBe(start === 'same');
    expect(effects()).toHaveLength(1);
  });

  it('does not take a crash that the engine itself mended for its own restart', async () => {
    const command = 'while ! test -f /tmp/crash; do sleep 1; done; rm /tmp/crash; exit 1';
    const container = await engine.run({
      name: 'shop-orders-1',
      labels: service,
      restart: 'always',
      command,
    });
    const executor = executorOf();
    const { intent } = await intentFor(executor, 'restart');
    const exec = await container.exec({ Cmd: ['touch', '/tmp/crash'] });
    await exec.start({});
    await eventually(
      'the engine to start it again',
      async () => {
        const { RestartCount, State } = await engine.inspect('shop-orders-1');
        return RestartCount > 0 && State.Status === 'running';
      },
      300_000,
    );
    expect(await executor.lookUp(intent)).toBe('cannot-tell');
  });

  it('acts on nothing that is not as it was seen, and on nothing late', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    expect(await executor.begin(intent, { ...call, notAfterMs: Date.now() - 1 })).toMatchObject({
      code: 'too-late',
    });
    await engine.clear();
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'unknown-target' });
    await engine.run({ name: 'shop-orders-1', labels: service });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    expect(await executor.lookUp(intent)).toBe('cannot-tell');
    expect(effects()).toEqual([]);
  });

  it('acts on nothing that is not named or is protected, whatever it is asked for', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    await engine.run({ name: 'database', labels: { act: 'no' } });
    await engine.run({ name: 'shop-proxy', labels: { 'sentinel.protected': 'everything goes through it' } });
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    const refusals = [
      ['docker/web1/database', 'unknown-target'],
      ['docker/web2/shop-orders-1', 'unknown-target'],
      ['docker/web1/../../shop-orders-1', 'unknown-target'],
      [`docker/web1/${(await engine.inspect('shop-orders-1')).Id.slice(0, 12)}`, 'unknown-target'],
      ['docker/web1/shop-proxy', 'protected'],
    ] as const;
    for (const [resource, code] of refusals) {
      const target = { ...intent.target, resource };
      const { revision: _, ...unconditional } = call;
      expect(await executor.begin({ ...intent, target }, unconditional)).toMatchObject({
        kind: 'refused',
        code,
      });
      expect(await executor.preview({ ...intent, target })).toMatchObject({ ok: false, code });
    }
    expect(effects()).toEqual([]);
    const [seen] = await executor.observe(environment, 'shop-proxy');
    expect(seen?.protected).toContain('everything goes through it');
  });

  it('shows before anything is done whether the engine would let it', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const before = await startOf('shop-orders-1');
    const executor = executorOf();
    const { intent } = await intentFor(executor, 'restart');
    expect(await executor.preview(intent)).toMatchObject({ ok: true });
    proxy.always(/^POST/, { status: 403 });
    expect(await executor.preview(intent)).toMatchObject({
      ok: false,
      code: 'permission-denied',
      detail: expect.stringContaining('POST /containers/…/restart: status 403'),
    });
    expect(await startOf('shop-orders-1')).toBe(before);
    expect(effects()).toEqual([]);
    const away = executorOf({ url: 'unix:///nowhere/docker.sock' });
    expect(await away.preview(intent)).toMatchObject({ ok: false, code: 'unreachable' });
    await expect(away.observe(environment)).rejects.toThrow('GET /containers/json');
  });

  it.each([
    [403, 'refused', 'permission-denied'],
    [404, 'refused', 'unknown-target'],
    [409, 'refused', 'refused-by-vendor'],
    [429, 'refused', 'throttled'],
    [502, 'unknown', undefined],
  ] as const)('takes status %d of the call as %s', async (status, kind, code) => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    proxy.once(/^POST .*restart$/, { status });
    const begun = await executor.begin(intent, call);
    expect(begun).toMatchObject(code === undefined ? { kind } : { kind, code });
    expect(effects()).toHaveLength(1);
  });

  it('tells what the engine said when it failed half way', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    proxy.once(/^POST .*restart$/, { status: 500, body: '{"message":"cannot start: no space left"}' });
    const begun = await executor.begin(intent, call);
    expect(begun).toMatchObject({ kind: 'accepted', summary: expect.stringContaining('no space left') });
    const handle = begun.kind === 'accepted' ? begun.handle : '';
    expect(await executor.poll(intent, handle, call.signal)).toMatchObject({ kind: 'failed', left: '' });
    await engine.docker.getContainer('shop-orders-1').stop();
    expect(await executor.poll(intent, handle, call.signal)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('no space left'),
      left: 'the container is stopped, and was not started again',
    });
  });

  it('gives up on an answer that breaks off or is no answer of Docker, and sees nothing then', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const executor = executorOf();
    const { intent, call } = await intentFor(executor, 'restart');
    proxy.once(/^GET/, { status: 200, body: '{"Id":"shop-orders-1"}' });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'unreachable' });
    proxy.once(/^GET/, 'broken');
    await expect(executor.observe(environment)).rejects.toThrow('GET /containers/json');
    expect(effects()).toEqual([]);
  });

  it('goes to the configured engine, whatever the environment says', async () => {
    await engine.run({ name: 'shop-orders-1', labels: service });
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
    try {
      expect(await executorOf().observe(environment)).toHaveLength(1);
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });

  it('has asked for nothing in all of these tests that its page does not list', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/docker-executor.md'), 'utf8');
    const rows = page.split('\n').filter((line) => /^ *\| `(GET|POST) /.test(line));
    const listed = rows.flatMap((row) => {
      const [first = '', ...others] = [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(
        ([, one]) => one ?? '',
      );
      return [first, ...others.map((end) => first.replace(/\/[a-z]+$/, end))];
    });
    expect(asked.size).toBeGreaterThan(5);
    expect([...asked].filter((line) => !listed.includes(line))).toEqual([]);
  });
});
