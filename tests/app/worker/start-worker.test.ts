/** A worker serves incidents from start to stop. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { dataConverterOf } from '../../../adapters/temporal/payloads/data-converter.ts';
import { startWorker } from '../../../app/worker/start-worker.ts';
import { anomalyObserved, incidentWorkflowType } from '../../../workflows/messages.ts';
import { createWorld, silent } from '../../support/fakes.ts';
import { anomaly } from '../../support/incident-examples.ts';
import { testPayloads } from '../../support/payloads.ts';
import { connectServer } from '../../workflows/servers.ts';
import { bundleCache, incidentInput } from '../../workflows/stage.ts';

test('an incident is handled, and after the stop nothing is polled any more', async () => {
  const { client, connection, namespace, close } = await connectServer();
  const taskQueue = randomUUID();
  const world = createWorld();
  const bundle = { cacheDir: bundleCache };
  const { activities } = world;
  const dataConverter = dataConverterOf(testPayloads(), 'worker');
  const options = { connection, namespace, taskQueue, activities, dataConverter, logger: silent, bundle };
  const worker = await startWorker(options);
  const input = incidentInput();
  const handle = await client.workflow.signalWithStart(incidentWorkflowType, {
    workflowId: input.incidentId,
    taskQueue,
    args: [input],
    signal: anomalyObserved,
    signalArgs: [anomaly('a1')],
  });
  expect(await handle.result()).toMatchObject({ outcome: 'resolved' });
  await worker.stop();
  await expect(worker.stopped).resolves.toBeUndefined();
  await worker.stop(); // again is no harm
  await close();
});
