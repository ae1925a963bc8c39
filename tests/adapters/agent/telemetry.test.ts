/** What containers of another machine do, as telemetry: read by its agent, and taken for that machine's alone. */
import { expect, test } from 'vitest';
import type { AgentLine } from '../../../activities/ports/agent-line.ts';
import { agent as vendor } from '../../../adapters/agent/index.ts';
import type { WatchSurroundings } from '../../../adapters/executor-vendor.ts';
import { describeWith } from '../../support/component.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { startEngine } from '../../support/docker.ts';
import { agentFolder, openSite } from './support.ts';

const settings = { name: 'web1-docker', agent: 'web1', executor: 'docker' };
const never = new AbortController().signal;

async function watching(agents: AgentLine, serviceOf: WatchSurroundings['serviceOf']) {
  const readings = (await vendor.load()).watch?.(settings, { nowMs: Date.now, agents, serviceOf });
  if (readings == null) throw new Error('an agent tells telemetry');
  return readings;
}

await describeWith<DockerInfo>('docker', 'The containers of another machine', (info) => {
  test('are told by its agent as those of a local engine are', async () => {
    const [engine, site] = [await startEngine(info), await openSite()];
    const folder = agentFolder(site.url, await site.key('web1'), [
      {
        ...{ name: 'docker', type: 'docker', environments: ['practice'], url: `unix://${engine.socket}` },
        ...{ containers: ['shop-*'], actions: [], host: 'web1--old' },
      },
    ]);
    const agent = folder.start();
    await agent.until('connected');
    const orders = await engine.run({ name: 'shop-orders' });
    const asked: unknown[] = [];
    const readings = await watching(site.line, (target) => {
      asked.push(target);
      return 'orders';
    });
    expect(await readings.read('practice', never)).toContainEqual(
      expect.objectContaining({
        ...{ kind: 'gauge', metric: 'container.state.running', value: 1 },
        scope: { environment: 'practice', service: 'orders', resourceId: 'shop-orders' },
      }),
    );
    expect(asked[0]).toEqual({
      ...{ environment: 'practice', service: 'shop-orders', resource: 'docker/web1--old/shop-orders' },
    });
    expect(await readings.read('production', never), 'its file does not name it').toEqual([]);
    await orders.kill();
    await orders.wait();
    const told = await readings.read('practice', never);
    expect(told).toContainEqual(
      expect.objectContaining({
        ...{ kind: 'log', severityNumber: 17, fromOutside: true },
        body: 'container shop-orders ended with exit code 137',
      }),
    );
    agent.child.kill('SIGTERM');
    await agent.done;
    await expect(readings.read('practice', never)).rejects.toThrow('the agent of web1');
    folder.remove();
    await Promise.all([engine.stop(), site.close()]);
  });
});

const scope = { environment: 'practice', service: 'orders', resourceId: 'shop-orders' };
const gauge = { kind: 'gauge', scope, metric: 'm', unit: '1', attributes: {}, atMs: 1, value: 1 };
const log = { kind: 'log', scope, atMs: 1, severityNumber: 17, body: 'b', attributes: {} };
const telling = (value: unknown): AgentLine => ({
  ask: async () => ({ kind: 'answered', answer: { ok: true, value } }),
  seen: async () => null,
});
const asTold: WatchSurroundings['serviceOf'] = ({ service }) => service;

test('an agent tells of the environment it was asked for, and of nothing as a sign of life of a service', async () => {
  const foreign = { ...gauge, scope: { ...scope, environment: 'production' } };
  const readings = await watching(telling([gauge, log, foreign]), asTold);
  expect(await readings.read('practice', never)).toEqual([gauge, { ...log, fromOutside: true }]);
});

test('a second engine of a machine is known by its own name; those of other machines are none of an agent', async () => {
  const asked: string[] = [];
  const readings = await watching(
    telling([gauge, { ...gauge, host: 'web1--old' }, { ...gauge, host: 'web2' }, { ...log, host: 'web11' }]),
    ({ service, resource }) => {
      asked.push(resource ?? '');
      return service;
    },
  );
  expect(await readings.read('practice', never)).toEqual([gauge, gauge]);
  expect(asked).toEqual(['docker/web1/shop-orders', 'docker/web1--old/shop-orders']);
});

test.each([
  [{ ...gauge, kind: 'alert' }],
  [{ ...gauge, value: 'much' }],
  [{ ...log, severityNumber: 99 }],
  [{ ...log, body: 'x'.repeat(2_001) }],
])('what is none of the protocol is refused as a whole: %j', async (one) => {
  const readings = await watching(telling([gauge, one]), asTold);
  await expect(readings.read('practice', never)).rejects.toThrow('answered read with something else');
});
