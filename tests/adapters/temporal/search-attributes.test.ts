/** A Temporal server that knows nothing of Sentinel can carry its incidents once a process has connected to it. */
import { Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import type { TemporalClient } from '../../../adapters/temporal/connect.ts';
import { ensureSearchAttributes } from '../../../adapters/temporal/search-attributes.ts';
import { searchAttributeNames, searchAttributes } from '../../../workflows/search-attributes.ts';
import { connectedTo, freshNamespace } from '../../support/temporal.ts';

const start = ({ client }: TemporalClient, workflowId: string): Promise<unknown> =>
  client.workflow.start('incident', {
    workflowId,
    taskQueue: 'nobody',
    typedSearchAttributes: [{ key: searchAttributes.service, value: 'orders' }],
  });

test('without them no incident can start; with them at once, and again after another start', async () => {
  const temporal = await connectedTo(await freshNamespace());
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
  const both = await Promise.all([connectedTo(namespace), connectedTo(namespace)]);
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
  const temporal = await connectedTo(where);
  await expect
    .poll(() => temporal.ensureSearchAttributes(searchAttributeNames).then(String, String), {
      timeout: 60_000,
    })
    .toMatch(/SentinelService with another type than Keyword.*temporal\.namespace/);
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  expect(customAttributes).not.toHaveProperty('SentinelStatus');
});

/** Answers that no server here can be brought to give: rights taken away, somebody quicker, a cache not refreshed yet. */
function serverThat(answers: {
  list: () => Promise<unknown>;
  add?: () => Promise<unknown>;
  query?: () => Promise<unknown>;
}) {
  const operatorService = { listSearchAttributes: answers.list, addSearchAttributes: answers.add };
  const workflowService = { listWorkflowExecutions: answers.query };
  return { operatorService, workflowService } as unknown as Pick<
    Connection,
    'operatorService' | 'workflowService'
  >;
}
const refusal = (code: number, details: string) => () =>
  Promise.reject(Object.assign(new Error(details), { code, details, metadata: {} }));
const denied = refusal(7, 'Request unauthorized.');

test('another process that was quicker is no failure', async () => {
  const server = serverThat({
    list: async () => ({ customAttributes: {} }),
    add: refusal(6, 'Search attribute A already exists.'),
    query: async () => ({}),
  });
  expect(await ensureSearchAttributes(server, 'incidents', ['A'])).toEqual({
    kind: 'registered',
    names: ['A'],
  });
});

test('the start goes on when the server has learnt them, and not before', async () => {
  let asked = 0;
  const server = serverThat({
    list: async () => ({ customAttributes: {} }),
    add: async () => ({}),
    query: async () => {
      asked += 1;
      if (asked < 3) throw new Error('invalid query: A is not a valid search attribute name');
    },
  });
  await ensureSearchAttributes(server, 'incidents', ['A']);
  expect(asked).toBe(3);
});

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
