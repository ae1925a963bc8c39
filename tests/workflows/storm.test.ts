/** Many incidents wait for one worker: critical ones are opened and analysed first, whenever they came. On a real server. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Activities } from '../../activities/types.ts';
import { connectTemporal, type TemporalClient } from '../../adapters/temporal/connect.ts';
import { createIncidentStarter } from '../../adapters/temporal/incident-starter.ts';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { unprotected } from '../../adapters/temporal/security.ts';
import { connectWorkers } from '../../app/worker/runtime.ts';
import { startWorker } from '../../app/worker/start-worker.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { anomaly } from '../support/incident-examples.ts';
import { testPayloads } from '../support/payloads.ts';
import { freshNamespace, type TestNamespace } from '../support/temporal.ts';
import { bundleCache, fastSettings, incidentInput, quietRuntime } from './stage.ts';

const warnings = 36;
const criticals = 4;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

let where: TestNamespace;
let temporal: TemporalClient;
beforeAll(async () => {
  quietRuntime();
  where = await freshNamespace(searchAttributeNames);
  temporal = await connectTemporal({ ...where, payloads: testPayloads(), security: unprotected });
});
afterAll(() => temporal.close());

test('critical incidents that come last are opened and analysed before most others', async () => {
  const taskQueue = randomUUID();
  const { settings, ...input } = incidentInput({ ...fastSettings });
  const starter = createIncidentStarter({ client: temporal.client, taskQueue, settings });
  const critical = new Set<string>();
  for (let index = 0; index < warnings + criticals; index += 1) {
    const severity = index < warnings ? 'warning' : 'critical';
    const incidentId = `incident/storm/${taskQueue}/${index}`;
    if (severity === 'critical') critical.add(incidentId);
    await starter.tell({ ...input, incidentId, severity }, [
      { kind: 'observed', anomaly: anomaly('a1', { severity }) },
    ]);
  }
  const opened = new Set<string>();
  const analysed = new Set<string>();
  const everyOne = Promise.withResolvers<void>();
  const activities = {
    recordEvents: async ({ incidentId }) => {
      opened.add(incidentId);
      return { recorded: true };
    },
    enrich: async ({ incidentId }) => {
      analysed.add(incidentId);
      if (analysed.size === warnings + criticals) everyOne.resolve();
      throw ApplicationFailure.nonRetryable('enough of it');
    },
  } satisfies Partial<Activities>;
  const connection = await connectWorkers(where.address, {});
  const worker = await startWorker({
    connection,
    namespace: where.namespace,
    taskQueue,
    activities: activities as unknown as Activities,
    dataConverter: dataConverterOf(testPayloads(), 'worker'),
    logger: silent,
    bundle: { cacheDir: bundleCache },
  });
  await everyOne.promise;
  await worker.stop();
  await connection.close();
  expect(await prioritiesOf([...critical][0] ?? '')).toMatchObject({ recordEvents: 1, enrich: 3 });
  expect(await prioritiesOf(`incident/storm/${taskQueue}/0`)).toMatchObject({ recordEvents: 1, enrich: 4 });
  const lastOf = (order: ReadonlySet<string>): number =>
    [...order].findLastIndex((incidentId) => critical.has(incidentId));
  expect(lastOf(opened)).toBeLessThan((warnings + criticals) / 2);
  expect(lastOf(analysed)).toBeLessThan((warnings + criticals) / 2);
});

/** As Temporal was asked for them: the lower goes first. */
async function prioritiesOf(incidentId: string): Promise<Record<string, number | null | undefined>> {
  const { events } = await temporal.client.workflow.getHandle(incidentId).fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: one }) => one ?? []);
  return Object.fromEntries(
    scheduled.map(({ activityType, priority }) => [activityType?.name ?? '', priority?.priorityKey]),
  );
}
