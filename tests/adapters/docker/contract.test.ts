/** The Docker executor against a real engine keeps the contract, with a proxy before the socket that loses answers and refuses. */
import { createDockerExecutor } from '../../../adapters/docker/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { component, describeWith } from '../../support/component.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { startEngine } from '../../support/docker.ts';
import { startDockerProxy } from '../../support/docker-proxy.ts';
import { type ExecutorHarness, executorContract } from '../executors/contract.ts';

const name = 'shop-orders-1';
const target = { environment: 'practice', service: 'orders', resource: `docker/web1/${name}` };
const call = /^POST .*\/(stop|start|restart)$/;

async function dockerHarness(): Promise<ExecutorHarness> {
  const engine = await startEngine(await component<DockerInfo>('docker'));
  const proxy = await startDockerProxy(engine.socket);
  const run = () => engine.run({ name, labels: { 'com.docker.compose.service': 'orders' } });
  await run();

  const byHand = new Map<string, number>();

  /** Stops or starts of the container since the intent was made, as the engine remembers them, but for those by hand. */
  async function effects({ id, action, before }: Intent): Promise<number> {
    // Fractions of seconds: its types know whole ones only.
    const stream = (await engine.docker.getEvents({
      since: ((before.observedAtMs ?? 0) / 1_000).toFixed(3),
      until: (Date.now() / 1_000).toFixed(3),
      filters: { container: [name], event: [action] },
    } as object)) as unknown as AsyncIterable<Buffer>;
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text.split('\n').filter((line) => line.trim() !== '').length - (byHand.get(id) ?? 0);
  }

  return {
    executor: () =>
      createDockerExecutor(
        {
          ...{ name: 'web1', host: 'web1', url: proxy.url, containers: [name], stopSeconds: 1 },
          serviceLabel: 'com.docker.compose.service',
        },
        { nowMs: Date.now },
      ),
    target: async () => target,
    nobody: { ...target, service: 'nobody', resource: 'docker/web1/nobody' },
    step: ({ replicas }) => ({ action: replicas[0]?.state === 'exited' ? 'start' : 'stop', parameters: {} }),
    effects,
    // Made again, because a stop by hand is one like any other: nobody can tell whose it was (docs/docker-executor.md).
    async drift({ id, action }) {
      byHand.set(id, 1);
      await engine.clear();
      const container = await run();
      if (action === 'stop') await container.stop({ t: 1 });
    },
    faults: {
      lose: async (when) => proxy.once(call, `lost-${when}`),
      deny: async () => proxy.once(call, { status: 403 }),
      throttle: async () => proxy.once(call, { status: 429 }),
      heal: async () => proxy.reset(),
    },
    async close() {
      await proxy.close();
      await engine.stop();
    },
  };
}

await describeWith<DockerInfo>('docker', 'With a real engine', () =>
  executorContract('Docker', dockerHarness),
);
