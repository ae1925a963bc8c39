/**
 * A real engine for the contract and the matrix of executors, with a proxy before the socket that loses answers, refuses and holds
 * back. What happened is counted by the engine's own memory of events.
 */

import type { Executor } from '../../../activities/ports/executor.ts';
import { createDockerExecutor } from '../../../adapters/docker/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { startEngine } from '../../support/docker.ts';
import { startDockerProxy } from '../../support/docker-proxy.ts';
import { createClock } from '../executors/matrix/clock.ts';
import type { MatrixHarness } from '../executors/matrix/harness.ts';

const name = 'shop-orders-1';
const target = { environment: 'practice', service: 'orders', resource: `docker/web1/${name}` };
const call = /^POST .*\/(stop|start|restart)$/;

/** What passes outside while somebody waits here: the engine works on. */
const realMs = 50;

/** How executors on an engine at this address are made, and what has to be closed in the end. */
export type OnEngine = (
  url: string,
  container: string,
) => Promise<{ make(nowMs: () => number): Executor; close(): Promise<void> }>;

const direct: OnEngine = async (url, container) => ({
  make: (nowMs) =>
    createDockerExecutor(
      {
        ...{ name: 'web1', host: 'web1', url, containers: [container], stopSeconds: 1 },
        serviceLabel: 'com.docker.compose.service',
      },
      { nowMs },
    ),
  close: async () => {},
});

export async function dockerHarness(info: DockerInfo, on: OnEngine = direct): Promise<MatrixHarness> {
  const clock = createClock(realMs);
  const engine = await startEngine(info);
  const proxy = await startDockerProxy(engine.socket);
  const run = () => engine.run({ name, labels: { 'com.docker.compose.service': 'orders' } });
  await run();
  const executors = await on(proxy.url, name);

  const madeAtMs = new Map<string, number>();
  const byHand = new Map<string, number>();

  /** Stops, starts or restarts of the container since the intent was made, as the engine remembers them, but for those by hand. */
  async function effects({ id, action }: Intent): Promise<number> {
    // Fractions of seconds: its types know whole ones only.
    const stream = (await engine.docker.getEvents({
      since: ((madeAtMs.get(id) ?? 0) / 1_000).toFixed(3),
      until: (Date.now() / 1_000).toFixed(3),
      filters: { container: [name], event: [action] },
    } as object)) as unknown as AsyncIterable<Buffer>;
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text.split('\n').filter((line) => line.trim() !== '').length - (byHand.get(id) ?? 0);
  }

  return {
    clock,
    executor: (aheadMs = 0) => executors.make(() => clock.nowMs() + aheadMs),
    async target() {
      const { State } = await engine.inspect(name);
      if (!State.Running) await engine.docker.getContainer(name).start();
      return target;
    },
    nobody: { ...target, service: 'nobody', resource: 'docker/web1/nobody' },
    step: ({ replicas }) => ({ action: replicas[0]?.state === 'exited' ? 'start' : 'stop', parameters: {} }),
    async made({ id }) {
      madeAtMs.set(id, Date.now());
    },
    effects,
    async empty() {
      const container = engine.docker.getContainer(name);
      if ((await engine.inspect(name)).State.Running) await container.stop({ t: 1 });
      return {
        ...{ target, action: 'stop', parameters: {} },
        things: async () => (await engine.inspect(name)).State,
        restore: () => container.start(),
      };
    },
    // Made again, because a stop by hand is one like any other: nobody can tell whose it was (docs/docker-executor.md).
    async drift({ id, action }) {
      byHand.set(id, action === 'restart' ? 0 : 1);
      await engine.clear();
      const container = await run();
      if (action === 'stop') await container.stop({ t: 1 });
    },
    faults: {
      lose: async (when) => proxy.once(call, `lost-${when}`),
      deny: async () => proxy.once(call, { status: 403 }),
      throttle: async () => proxy.once(call, { status: 429 }),
      away: async () => proxy.always(/./, 'lost-before'),
      // What an engine that stood still has taken cannot be taken back: it may come as late as the delay that is waited.
      async hold() {
        proxy.once(call, 'held');
        return { within: 'delay', arrive: () => proxy.release() };
      },
      lag: null,
      heal: async () => proxy.reset(),
    },
    async close() {
      await executors.close();
      await proxy.close();
      await engine.stop();
    },
  };
}
