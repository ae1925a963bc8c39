// A real client of PagerDuty's Events API: Alertmanager, configured as docs/events-api.md says, content with our answers.

import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { expect, onTestFinished, test } from 'vitest';
import { TestApp } from '../../ingest/support/app.ts';
import { authorize } from '../../ingest/support/memory.ts';
import { startAlertmanager } from '../../support/alertmanager.ts';
import { describeWith } from '../../support/component.ts';
import type { AlertmanagerInfo } from '../../support/components/alertmanager.ts';

const docs = join(import.meta.dirname, '../../../docs/events-api.md');

/** What users copy, with our address and key, and a route to it without waiting times. */
async function documentedConfiguration(url: string): Promise<string> {
  const [, yaml = ''] = /```yaml\n( *receivers:\n[\s\S]*?)```/.exec(await readFile(docs, 'utf8')) ?? [];
  return `route: { receiver: sentinel, group_by: [alertname], group_wait: 0s, group_interval: 1s }\n${yaml
    .replaceAll(/^ {3}/gm, '')
    .replace('https://sentinel.example.com', url)
    .replace('sntl_REPLACE_ME', 'good')}`;
}

await describeWith<AlertmanagerInfo>('alertmanager', 'Alertmanager', ({ executable }) => {
  test('an alert that is paged for fires here, and ends when it is resolved there', async () => {
    const app = new TestApp({ authorize });
    app.clock.nowMs = () => Date.now();
    const server = serve({ fetch: (request) => app.app.fetch(request), port: 0, hostname: '127.0.0.1' });
    onTestFinished(() => new Promise<void>((done) => server.close(() => done())));
    await expect.poll(() => server.listening).toBe(true);
    const { port } = server.address() as AddressInfo;
    const configuration = await documentedConfiguration(`http://127.0.0.1:${port}`);
    const alertmanager = await startAlertmanager(executable, configuration);
    onTestFinished(() => alertmanager.stop());

    const labels = { alertname: 'OrdersSlow', service: 'orders', env: 'live', severity: 'critical' };
    const startsAt = new Date(Date.now() - 5_000).toISOString();
    await alertmanager.alert(labels, { startsAt });
    const told = () =>
      [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
    await expect.poll(told).toHaveLength(1);
    const scope = { environment: 'live', service: 'orders' };
    expect(told()).toMatchObject([
      { state: 'firing', severity: 'critical', scope, title: expect.stringContaining('OrdersSlow') },
    ]);

    await alertmanager.alert(labels, { startsAt, endsAt: new Date().toISOString() });
    await expect.poll(told).toHaveLength(2);
    expect(told()[1]).toMatchObject({ id: told()[0]?.id, state: 'cleared', scope });
    expect([...app.metrics.counts.keys()].filter((key) => key.includes('requests_total'))).toEqual([
      'sentinel_ingest_requests_total{events-api,202}',
    ]);
  });
});
