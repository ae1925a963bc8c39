/** A Temporal server that knows nothing of Sentinel can carry its incidents once a process has connected to it. */
import { Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { connectTemporal, type TemporalClient } from '../../../adapters/temporal/connect.ts';
import { ensureSearchAttributes } from '../../../adapters/temporal/search-attributes.ts';
import { searchAttributeNames, searchAttributes } from '../../../workflows/search-attributes.ts';
import { testPayloads } from '../../support/payloads.ts';
import { freshNamespace, type TestNamespace } from '../../support/temporal.ts';

async function connected({ address, namespace }: TestNamespace): Promise<TemporalClient> {
  const temporal = await connectTemporal({ address, namespace, payloads: testPayloads() });
  onTestFinished(() => temporal.close());
  return temporal;
}

const start = ({ client }: TemporalClient, workflowId: string): Promise<unknown> =>
  client.workflow.start('incident', {
    workflowId,
    taskQueue: 'nobody',
    typedSearchAttributes: [{ key: searchAttributes.service, value: 'orders' }],
  });

test('without them no incident can start; with them at once, and again after another start', async () => {
  const temporal = await connected(await freshNamespace());
  await expect(start(temporal, 'before')).rejects.toThrow();
  expect(await temporal.ensureSearchAttributes(searchAttributeNames)).toEqual({
    kind: 'registered',
    names: searchAttributeNames,
  });
  await expect(start(temporal, 'after')).resolves.toBeDefined();
  expect(await temporal.ensureSearchAttributes(searchAttributeNames)).toEqual({ kind: 'present' });
});

test('two processes that start together both get them, whoever is first', async () => {
  const namespace = await freshNamespace();
  const both = await Promise.all([connected(namespace), connected(namespace)]);
  await Promise.all(both.map((one) => one.ensureSearchAttributes(searchAttributeNames)));
  for (const one of both)
    expect(await one.ensureSearchAttributes(searchAttributeNames)).toEqual({ kind: 'present' });
});

test('a name that is taken with another type is refused in words, and nothing is changed', async () => {
  const where = await freshNamespace();
  const connection = await Connection.connect({ address: where.address });
  onTestFinished(() => connection.close());
  const { namespace } = where;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: { SentinelService: 1 },
  });
  const temporal = await connected(where);
  await expect
    .poll(() => temporal.ensureSearchAttributes(searchAttributeNames).then(String, String), {
      timeout: 20_000,
    })
    .toMatch(/SentinelService with another type than Keyword.*temporal\.namespace/);
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  expect(customAttributes).not.toHaveProperty('SentinelStatus');
});

/** What a server answers whose operator does not let us: no server here has rights to take away. */
function serverThat(answers: { list: () => Promise<unknown>; add?: () => Promise<unknown> }) {
  const operatorService = { listSearchAttributes: answers.list, addSearchAttributes: answers.add };
  return { operatorService, workflowService: {} } as unknown as Pick<
    Connection,
    'operatorService' | 'workflowService'
  >;
}
const denied = () =>
  Promise.reject(
    Object.assign(new Error('denied'), { code: 7, details: 'Request unauthorized.', metadata: {} }),
  );

test('a server that does not let us look is used as it is', async () => {
  const registration = await ensureSearchAttributes(serverThat({ list: denied }), 'incidents', ['A']);
  expect(registration).toEqual({ kind: 'unknown', reason: 'Request unauthorized.' });
});

test('a server that does not let us register says which command an administrator runs', async () => {
  const server = serverThat({ list: async () => ({ customAttributes: { A: 2 } }), add: denied });
  await expect(ensureSearchAttributes(server, 'incidents', ['A', 'B'])).rejects.toThrow(
    /Request unauthorized.*search-attribute create --namespace incidents --name B --type Keyword$/,
  );
});
