// A real Alertmanager, configured as docs/alertmanager.md says, in front of a whole Sentinel: an alert opens an incident,
// its resolution is the end of its symptom.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { describeWith } from '../support/component.ts';
import type { AlertmanagerInfo } from '../support/components/alertmanager.ts';
import { temporaryFolder } from './support/folder.ts';
import { type Sentinel, serverSettings, startUp } from './support/sentinel.ts';
import { eventually } from './support/wait.ts';

const docs = join(import.meta.dirname, '../../docs/alertmanager.md');

/** The configuration that users copy, with our address and key, and without its waiting times. */
async function documentedConfiguration(url: string, key: string): Promise<string> {
  const [, yaml = ''] =
    /```yaml\n(# alertmanager\.yml\n[\s\S]*?)```/.exec(await readFile(docs, 'utf8')) ?? [];
  return yaml
    .replace('http://127.0.0.1:4500', url)
    .replace('sntl_REPLACE_ME', key)
    .replace(/group_wait: \w+/, 'group_wait: 0s')
    .replace(/group_interval: \w+/, 'group_interval: 1s');
}

await describeWith<AlertmanagerInfo>('alertmanager', 'Alertmanager', ({ executable }) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let sentinel: Sentinel;
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    folder = await temporaryFolder('alertmanager');
    const settings = await serverSettings();
    sentinel = await startUp(folder.path, {
      ...settings,
      ingest: { defaultEnvironment: 'test', requireKey: true },
      // Long enough to hear of the resolution: what nothing measured confirms goes to a person at once.
      incident: { settle: '10s', selfRecovery: '1s', staysAway: '2s', flappingStaysAway: '2s' },
    });
    const key = await sentinel.admin.createKey('alertmanager', 'operator');
    alertmanager = await startAlertmanager(executable, await documentedConfiguration(sentinel.url, key));
  });
  afterAll(async () => {
    await alertmanager?.stop();
    await sentinel?.end();
    await folder?.remove();
  });

  test('firing opens an incident, resolved is the end of its symptom', async () => {
    const labels = { alertname: 'OrdersSlow', service: 'orders', severity: 'critical', environment: 'test' };
    const startsAt = new Date(Date.now() - 5_000).toISOString();
    const annotations = { summary: 'orders answers slowly' };
    await alertmanager.alert(labels, { startsAt, annotations });
    const opened = await eventually('an incident', async () => (await sentinel.admin.incidents())[0] ?? null);
    expect(opened).toMatchObject({ service: 'orders', outcome: null });
    const observed = await eventually(
      'its symptom',
      async () =>
        (await sentinel.admin.timeline(opened.id)).find(({ type }) => type === 'anomaly-observed') ?? null,
    );
    expect(observed).toMatchObject({
      anomaly: {
        signal: 'reported',
        severity: 'critical',
        onsetMs: Date.parse(startsAt),
        summary: 'alertmanager reported on orders: orders answers slowly',
      },
    });

    await alertmanager.alert(labels, { startsAt, annotations, endsAt: new Date().toISOString() });
    const timeline = await eventually('the end of the symptom', async () => {
      const events = await sentinel.admin.timeline(opened.id);
      return events.some(({ type }) => type === 'anomaly-cleared') && events;
    });
    const cleared = timeline.find(({ type }) => type === 'anomaly-cleared');
    expect(cleared).toMatchObject({ anomalyId: (observed.anomaly as { id: string }).id });
    expect(await sentinel.admin.incidents()).toHaveLength(1);
  });

  test('what nothing measured explains is with a person, open while it fires; its resolution ends it, and it may fire again', async () => {
    const labels = { alertname: 'Watchdog', severity: 'P0' };
    const startsAt = new Date().toISOString();
    const mine = async () =>
      (await sentinel.admin.incidents()).filter(({ service }) => service === 'Watchdog');
    await alertmanager.alert(labels, { startsAt, annotations: { summary: 'the dog does not bark' } });
    const inHand = await eventually(
      'it to be with a person',
      async () => (await mine()).find(({ status }) => status === 'handed-over') ?? null,
    );
    expect(inHand).toMatchObject({
      title: 'Watchdog: the dog does not bark',
      severity: 'critical',
      outcome: 'escalated',
      closedAtMs: null,
    });
    expect((await sentinel.admin.request('GET', '/api/v1/incidents?open=true')).body).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ id: inHand.id })]),
    });

    await alertmanager.alert(labels, { startsAt, endsAt: new Date().toISOString() });
    await eventually(
      'its end',
      async () => (await mine()).find(({ closedAtMs }) => closedAtMs !== null) ?? null,
    );
    const timeline = await sentinel.admin.timeline(inHand.id);
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({ end: 'cleared' });

    await alertmanager.alert(labels, { startsAt });
    await eventually('the next one', async () => ((await mine()).length === 2 ? true : null));
  });
});
