/** What a Docker engine tells of its containers: as telemetry, to `doctor`, and in words, all from a real engine. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkDocker } from '../../../adapters/docker/doctor.ts';
import { createDockerExecutor, type DockerSettings } from '../../../adapters/docker/executor.ts';
import { programsOf } from '../../../adapters/docker/memory.ts';
import { createDockerReadings } from '../../../adapters/docker/readings.ts';
import { isSelected, protectionOf } from '../../../adapters/docker/select.ts';
import type { Observation } from '../../../domain/observation.ts';
import { eventually } from '../../integration/support/wait.ts';
import { describeWith } from '../../support/component.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { type Engine, startEngine } from '../../support/docker.ts';
import { type DockerProxy, startDockerProxy } from '../../support/docker-proxy.ts';

const environment = 'practice';
const telemetryOf = (seen: readonly Observation[]) =>
  seen.filter((one) => one.kind !== 'change' && one.kind !== 'alert');
const never = new AbortController().signal;
const sleepsWell = 'touch /tmp/well; trap "exit 0" TERM; while :; do sleep 3600 & wait; done';
/** No rule of the inventory speaks of any of them. */
const asGiven = { serviceOf: ({ service }: { readonly service: string }) => service };

await describeWith<DockerInfo>('docker', 'A Docker engine', (info) => {
  let engine: Engine;
  let proxy: DockerProxy;
  beforeAll(async () => {
    engine = await startEngine(info);
    proxy = await startDockerProxy(engine.socket);
  }, 600_000);
  afterEach(async () => {
    proxy.reset();
    await engine.clear();
  });
  afterAll(async () => {
    await proxy?.close();
    await engine?.stop();
  });

  const settings = (): DockerSettings => ({
    ...{ name: 'web1', host: 'web1', url: proxy.url, containers: ['shop-*'], stopSeconds: 5 },
    serviceLabel: 'com.docker.compose.service',
  });

  it('tells how full the memory is, how busy the processor, and what is configured for it', async () => {
    await engine.run({ name: 'shop-orders', memoryBytes: 64e6, command: 'while :; do :; done' });
    await engine.run({ name: 'other' });
    const clock = { now: 1_000_000 };
    const readings = createDockerReadings(settings(), { ...asGiven, nowMs: () => clock.now });
    await readings.read(environment, never);
    clock.now += 10_000;
    const second = await readings.read(environment, never);
    const values = new Map(second.map((one) => [one.kind === 'gauge' ? one.metric : one.kind, one]));
    expect([...values.keys()].toSorted()).toEqual([
      'container.cpu.usage',
      'container.cpu.utilization',
      'container.memory.limit',
      'container.memory.usage',
      'container.pids.count',
      'container.restart.count',
      'container.state.running',
    ]);
    expect(
      telemetryOf(second).every(
        ({ scope }) => scope.service === 'shop-orders' && scope.environment === environment,
      ),
    ).toBe(true);
    expect(values.get('container.memory.limit')).toMatchObject({
      value: 64_000_000,
      scope: { resourceId: 'shop-orders' },
    });
    expect(values.get('container.state.running')).toMatchObject({ value: 1 });
    const used = values.get('container.memory.usage');
    expect(used?.kind === 'gauge' && used.value > 0 && used.value < 64e6).toBe(true);
    const cpu = values.get('container.cpu.usage');
    expect(cpu?.kind === 'gauge' && cpu.value > 0).toBe(true);
  });

  it('tells of a container that ran out of memory, once', async () => {
    const readings = createDockerReadings(settings(), { ...asGiven, nowMs: Date.now });
    const command = 'while ! test -f /tmp/go; do sleep 1; done; tail /dev/zero; exit 0';
    const container = await engine.run({ name: 'shop-orders', memoryBytes: 16e6, command });
    await readings.read(environment, never);
    const exec = await container.exec({ Cmd: ['touch', '/tmp/go'] });
    await exec.start({});
    await eventually(
      'the container to end',
      async () => !(await engine.inspect('shop-orders')).State.Running,
      300_000,
    );
    const told = await readings.read(environment, never);
    expect(told.filter(({ kind }) => kind === 'log')).toMatchObject([
      {
        severityNumber: 17,
        body: 'container shop-orders was killed: out of memory',
        scope: { service: 'shop-orders' },
      },
    ]);
    expect(told).toContainEqual(expect.objectContaining({ metric: 'container.state.running', value: 0 }));
    expect((await readings.read(environment, never)).filter(({ kind }) => kind === 'log')).toEqual([]);
  });

  const bodies = (seen: readonly Observation[]) =>
    seen.flatMap((one) => (one.kind === 'log' ? [one.body] : []));

  it('tells each end between two looks once, also of containers that are gone by then', async () => {
    const readings = createDockerReadings(settings(), { ...asGiven, nowMs: Date.now });
    const failing = 'while ! test -f /tmp/go; do sleep 1; done; rm /tmp/go; exit 3';
    const orders = await engine.run({ name: 'shop-orders', command: failing });
    const fails = async () => {
      const exec = await orders.exec({ Cmd: ['touch', '/tmp/go'] });
      await exec.start({});
      await orders.wait();
    };
    expect(bodies(await readings.read(environment, never))).toEqual([]);
    await fails();
    await orders.start();
    await fails();
    const gone = await engine.run({ name: 'shop-gone', command: 'exit 4' });
    await gone.wait();
    await gone.remove();
    const other = await engine.run({ name: 'other', command: 'exit 5' });
    await other.wait();
    expect(bodies(await readings.read(environment, never)).toSorted()).toEqual([
      'container shop-gone ended with exit code 4',
      'container shop-orders ended with exit code 3',
      'container shop-orders ended with exit code 3',
    ]);
    expect(bodies(await readings.read(environment, never))).toEqual([]);
  });

  it('takes no restart by somebody for an end', async () => {
    const readings = createDockerReadings(settings(), { ...asGiven, nowMs: Date.now });
    const orders = await engine.run({ name: 'shop-orders', command: 'sleep 3600' });
    await readings.read(environment, never);
    await orders.restart({ t: 1 });
    expect(bodies(await readings.read(environment, never))).toEqual([]);
    await orders.kill();
    await orders.wait();
    expect(bodies(await readings.read(environment, never))).toEqual([
      'container shop-orders ended with exit code 137',
    ]);
  });

  it('tells each time that a health check begins to fail, also when it has passed again by the next look', async () => {
    const readings = createDockerReadings(settings(), { ...asGiven, nowMs: Date.now });
    await engine.run({ name: 'shop-orders', health: 'test -f /tmp/well', command: sleepsWell });
    const is = (status: string) =>
      eventually(
        `the container to be ${status}`,
        async () => (await engine.inspect('shop-orders')).State.Health?.Status === status,
        120_000,
      );
    const run = async (...Cmd: string[]) => {
      const exec = await engine.docker.getContainer('shop-orders').exec({ Cmd });
      await exec.start({});
    };
    await is('healthy');
    await readings.read(environment, never);
    await run('rm', '/tmp/well');
    await is('unhealthy');
    await run('touch', '/tmp/well');
    await is('healthy');
    const fails = 'the health check of container shop-orders fails';
    expect(bodies(await readings.read(environment, never))).toEqual([fails]);
    await run('rm', '/tmp/well');
    await is('unhealthy');
    expect(bodies(await readings.read(environment, never))).toEqual([fails]);
    expect(bodies(await readings.read(environment, never))).toEqual([]);
  });

  it('goes by what it finds where the engine tells no events', async () => {
    proxy.always(/^GET .*\/events$/, { status: 403 });
    const readings = createDockerReadings(settings(), { ...asGiven, nowMs: Date.now });
    const orders = await engine.run({ name: 'shop-orders', command: 'sleep 3600' });
    await readings.read(environment, never);
    await orders.kill();
    await orders.wait();
    const killed = ['container shop-orders ended with exit code 137'];
    expect(bodies(await readings.read(environment, never))).toEqual(killed);
    proxy.reset();
    expect(bodies(await readings.read(environment, never)), 'when they can be asked for again').toEqual([]);
    expect(bodies(await readings.read(environment, never))).toEqual([]);
  });

  it('says before a restart what the memory is used for', async () => {
    await engine.run({ name: 'shop-orders', memoryBytes: 64e6 });
    const executor = createDockerExecutor(settings(), { nowMs: Date.now });
    const [seen] = await executor.observe(environment);
    if (seen === undefined) throw new Error('the target is not there');
    const step = { action: 'restart', target: seen.target, parameters: {} } as const;
    expect(await executor.preview(step)).toMatchObject({
      ok: true,
      detail: expect.stringMatching(
        /memory [\d.]+ MB of 64 MB, most of it sh .*, running since 2.*Z, a restart gives back/,
      ),
    });
    proxy.always(/top$/, { status: 403 });
    expect(await executor.preview(step)).toEqual({
      ok: true,
      detail: 'the container is there; the engine lets a restart through',
    });
  });

  it('is looked at by doctor: the version, what it needs, and what it could do besides', async () => {
    expect(await checkDocker(settings())).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining('check `containers`'),
    });
    await engine.run({ name: 'shop-orders' });
    expect(await checkDocker(settings())).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/^Docker \d.*1 of its containers .*root on its machine/),
    });
    proxy.always(/exec$/, { status: 403 });
    expect(await checkDocker(settings())).toMatchObject({ status: 'ok' });
    for (const request of ['GET stats', 'POST restart', 'POST stop', 'POST start']) {
      const [method, last] = request.split(' ');
      proxy.reset();
      proxy.always(new RegExp(`/${last}$`), { status: 403 });
      expect(await checkDocker(settings())).toMatchObject({
        status: 'missing',
        detail: expect.stringContaining(`refused: ${method} /containers/…/${last}`),
        advice: expect.stringContaining('--format docker-proxy'),
      });
    }
    expect(await checkDocker({ ...settings(), url: 'unix:///nowhere.sock' })).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('is the engine running'),
    });
  });
});

describe('which containers are meant', () => {
  const selection = (...containers: string[]) => ({ containers, serviceLabel: 'service' });
  const named = (name: string, labels: Record<string, string> = {}) => ({ name, labels });

  it('is said by name or label, whole and literally', () => {
    expect(isSelected(selection('shop-*'), named('shop-orders'))).toBe(true);
    expect(isSelected(selection('shop-*'), named('my-shop-orders'))).toBe(false);
    expect(isSelected(selection('a.c'), named('abc'))).toBe(false);
    expect(isSelected(selection('label:act'), named('x', { act: '' }))).toBe(true);
    expect(isSelected(selection('label:act=yes'), named('x', { act: 'no' }))).toBe(false);
    expect(isSelected(selection('label:act=a=b'), named('x', { act: 'a=b' }))).toBe(true);
    expect(isSelected(selection('label:constructor'), named('x'))).toBe(false);
  });

  it('leaves out what Sentinel runs in, and what belongs to somebody else', () => {
    const id = `${'ab'.repeat(6)}${'0'.repeat(52)}`;
    expect(protectionOf(id, named('x'), 'ab'.repeat(6))).toContain('Sentinel itself');
    expect(protectionOf(id, named('x'), 'web1')).toBeUndefined();
    expect(protectionOf(id, named('x', { 'io.kubernetes.pod.uid': '1' }), 'web1')).toContain('Kubernetes');
  });
});

it('programs are told by name only, the largest first', () => {
  const rows = [
    ['1', '2048', '/usr/bin/java -Dpassword=hunter2'],
    ['2', '1024', '/usr/bin/java -jar b.jar'],
    ['3', '8192', 'PGPASSWORD=secret psql'],
  ];
  expect(programsOf(['PID', 'RSS', 'COMMAND'], rows)).toEqual([
    { program: 'another program', bytes: 8_388_608 },
    { program: 'java', bytes: 3_145_728 },
  ]);
});
