/** The servers that other tests stand on really are what they say. */
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import pg from 'pg';
import { expect, test } from 'vitest';
import { describeWithPostgres } from './postgres.ts';
import { freshNamespace } from './temporal.ts';
import { createTimeSkippingEnvironment, describeWithTimeSkipping } from './time-skipping.ts';

test('a fresh namespace accepts a workflow with its search attributes and keeps it to itself', async () => {
  const [mine, other] = await Promise.all([freshNamespace(['Colour']), freshNamespace()]);
  const connection = await Connection.connect({ address: mine.address });
  try {
    const client = new Client({ connection, namespace: mine.namespace });
    const colour = defineSearchAttributeKey('Colour', SearchAttributeType.KEYWORD);
    const typedSearchAttributes = new TypedSearchAttributes([{ key: colour, value: 'red' }]);
    await client.workflow.start('any', { taskQueue: 'none', workflowId: 'same-id', typedSearchAttributes });
    const elsewhere = new Client({ connection, namespace: other.namespace });
    await elsewhere.workflow.start('any', { taskQueue: 'none', workflowId: 'same-id' });
    await expect.poll(() => client.workflow.count('Colour = "red"').then(({ count }) => count)).toBe(1);
    expect((await elsewhere.workflow.count()).count).toBeLessThanOrEqual(1);
  } finally {
    await connection.close();
  }
});

await describeWithPostgres('Postgres', (url) => {
  test('is a real server of version 15 or later, with a database of its own', async () => {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      const { rows } = await client.query('SHOW server_version_num');
      expect(Number(rows[0].server_version_num)).toBeGreaterThanOrEqual(150_000);
      await client.query('CREATE TABLE only_here (id int PRIMARY KEY)');
      expect((await client.query('SELECT count(*)::int AS n FROM only_here')).rows).toEqual([{ n: 0 }]);
    } finally {
      await client.end();
    }
  });
});

await describeWithTimeSkipping('The time-skipping server', () => {
  test('skips a day', async () => {
    const environment = await createTimeSkippingEnvironment();
    try {
      const before = await environment.currentTimeMs();
      await environment.sleep('1 day');
      expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(86_400_000);
    } finally {
      await environment.teardown();
    }
  });
});
