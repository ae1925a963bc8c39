/** The executor of the lab against the real supervisor, whose own ledger counts, with a proxy between the two. */
import { createLabExecutor } from '../../../adapters/lab/executor.ts';
import { callJson } from '../../../lab/support/http.ts';
import { startLab } from '../../../lab/system.ts';
import { faultyProxy } from '../../support/faulty-proxy.ts';
import { createClock } from '../executors/matrix/clock.ts';
import type { MatrixHarness } from '../executors/matrix/harness.ts';

/** What passes outside while somebody waits here: the supervisor works on. */
const realMs = 20;
/** A busy machine starts a task, and answers, in its own time; an answer that takes longer counts as lost. */
const patient = { readTimeoutMs: 120_000, applyTimeoutMs: 120_000 };
const target = { environment: 'practice', service: 'payments' };

export async function labHarness(): Promise<MatrixHarness> {
  const lab = await startLab({ seed: 3, load: { requestsPerSecond: 1 } });
  const proxy = await faultyProxy(
    lab.supervisorUrl,
    ({ method, url }) => method === 'POST' && url === '/v1/actions',
  );
  const refusing = (status: number) => async () => proxy.next({ status, body: '{"error":"no"}' });
  return {
    clock: createClock(realMs),
    // It has no clock.
    executor: () => createLabExecutor({ name: 'lab', url: proxy.url, ...patient }),
    target: async () => target,
    nobody: { ...target, service: 'nobody' },
    step: ({ config }) => ({ action: 'rollback-config', parameters: { to: config === 'c1' ? 'c2' : 'c1' } }),
    effects: async ({ id }) => (await lab.ledger()).filter(({ intentId }) => intentId === id).length,
    // No task has this name.
    empty: async () => ({
      ...{ target, action: 'restart', parameters: { taskId: 'payments-gone' } },
      async things() {
        const { replicas } = await callJson<{ replicas: readonly { taskId: string; startedAt: string }[] }>(
          'GET',
          `${lab.supervisorUrl}/v1/services/${target.service}`,
        );
        return replicas.map(({ taskId, startedAt }) => [taskId, startedAt]);
      },
      restore: async () => {},
    }),
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
      away: async () => proxy.away(true),
      async hold() {
        proxy.next('hold');
        return { within: 'ever', arrive: () => proxy.release() };
      },
      lag: null,
      async heal() {
        proxy.next(null);
        proxy.away(false);
      },
    },
    async close() {
      await proxy.close();
      await lab.stop();
    },
  };
}
