/** The executor of the lab against the real supervisor, with a proxy between the two that loses answers and refuses. */
import { expect, onTestFinished, test } from 'vitest';
import { createLabExecutor } from '../../../adapters/lab/executor.ts';
import { callJson } from '../../../lab/support/http.ts';
import { startLab } from '../../../lab/system.ts';
import { faultyProxy } from '../../support/faulty-proxy.ts';
import { type ExecutorHarness, executorContract } from '../executors/contract.ts';
import { faults, matrix } from '../executors/matrix.ts';

const target = { environment: 'practice', service: 'payments' };

async function labHarness(): Promise<ExecutorHarness> {
  const lab = await startLab({ seed: 3, load: { requestsPerSecond: 1 } });
  const proxy = await faultyProxy(
    lab.supervisorUrl,
    ({ method, url }) => method === 'POST' && url === '/v1/actions',
  );
  const refusing = (status: number) => async () => proxy.next({ status, body: '{"error":"no"}' });
  return {
    // A busy machine starts a task in its own time; an answer that takes longer counts as lost.
    executor: () => createLabExecutor({ name: 'lab', url: proxy.url, applyTimeoutMs: 120_000 }),
    target: async () => target,
    nobody: { ...target, service: 'nobody' },
    step: ({ config }) => ({ action: 'rollback-config', parameters: { to: config === 'c1' ? 'c2' : 'c1' } }),
    effects: async ({ id }) => (await lab.ledger()).filter(({ intentId }) => intentId === id).length,
    async drift({ id, fence }) {
      const services = `${lab.supervisorUrl}/v1/services/${target.service}`;
      const { config } = await callJson<{ config: { version: string } }>('GET', services);
      const version = config.version === 'c1' ? 'c2' : 'c1';
      await callJson('POST', `${lab.supervisorUrl}/v1/actions`, {
        ...{ intentId: `${id}-by-hand`, fence, service: target.service },
        ...{ action: 'apply-config', parameters: { version } },
      });
    },
    faults: {
      lose: async (when) => proxy.next(`lose-${when}`),
      deny: refusing(403),
      throttle: refusing(429),
      heal: async () => proxy.next(null),
    },
    async close() {
      await proxy.close();
      await lab.stop();
    },
  };
}

executorContract('the lab', labHarness);

test('actions under faults: no effect twice, and nothing told that is not so', async () => {
  const harness = await labHarness();
  onTestFinished(() => harness.close());
  const pairs = faults.map((fault) => [fault, 'none'] as const);
  const cases = await matrix(harness, { actions: ['rollback-config', 'drain'], pairs });
  expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
  expect(cases.length).toBeGreaterThanOrEqual(2 * faults.length);
});
