// Occurrences of alerts, from the report to the incident, on the real database.

import { expect, test } from 'vitest';
import type { AlertEvent } from '../../../domain/observation.ts';
import { reportItem } from '../../../ingest/events/items.ts';
import { reportedItem } from '../../../ingest/events/reported.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import type { InboxItem, TakenItem } from '../../../ingest/ports.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { anomalyOf, tell, unique } from './fixtures.ts';

const correlation = { windowMs: 120_000, maxHops: 2 };

function report(
  environment: string,
  status: 'firing' | 'resolved',
  more: Partial<AlertEvent> = {},
): InboxItem {
  const alert: AlertEvent = {
    kind: 'alert',
    id: 'disk-full-host1',
    status,
    scope: { environment, service: 'file-store' },
    atMs: Date.now() - 300_000,
    severity: 'critical',
    title: 'disk of host1 is full',
    source: 'zabbix',
    attributes: {},
    ...more,
  };
  return reportItem(alert, Date.now(), { startsAtMs: null, endsAtMs: null, once: false, place: null });
}

/** Takes what is waiting of this environment, and marks it done. */
async function take({ stores }: StoresUnderTest, environment: string): Promise<readonly TakenItem[]> {
  const mine: TakenItem[] = [];
  for (;;) {
    const items = await stores.inbox.take(100, 60_000);
    if (items.length === 0) return mine;
    for (const item of items) {
      if (item.kind === 'anomaly' && item.anomaly.scope.environment === environment) mine.push(item);
      await stores.inbox.done(item.id);
    }
  }
}

async function assignAll(under: StoresUnderTest, environment: string) {
  const incidents: string[] = [];
  for (const item of await take(under, environment)) {
    if (item.kind !== 'anomaly') continue;
    const assigned = await under.stores.episodes.assign(item.anomaly, correlation);
    incidents.push(assigned.kind === 'incident' ? assigned.input.incidentId : assigned.reason);
  }
  return incidents;
}

await describeStores('occurrences of alerts', (use) => {
  test('an end that is told by its id alone ends the alert where it fired, and is in its incident', async () => {
    const under = use();
    const environment = unique('env');
    const told = (status: 'firing' | 'resolved', place: string, service: string) =>
      reportedItem(
        {
          ...{ id: 'orders-slow', status, environment: place, service, severity: 'critical' },
          ...{ startsAtMs: null, endsAtMs: null, title: 'orders are slow', source: 'pager' },
          endsByIdWithin: environment,
        },
        { limits: defaultLimits, defaultEnvironment: unique('elsewhere'), receivedMs: Date.now() },
      );
    await under.stores.inbox.put([told('firing', environment, 'orders')]);
    const [opened] = await assignAll(under, environment);
    expect(await under.stores.inbox.put([told('resolved', '', 'unknown')])).toBe(1);
    const [end, ...others] = await take(under, environment);
    expect([end, others]).toMatchObject([
      { anomaly: { state: 'cleared', scope: { environment, service: 'orders' }, title: 'orders are slow' } },
      [],
    ]);
    if (end?.kind !== 'anomaly') throw new Error('no end was handed out');
    expect(await under.stores.episodes.assign(end.anomaly, correlation)).toMatchObject({
      kind: 'incident',
      input: { incidentId: opened },
    });
  });

  test('firing, resolved, firing: three items, two occurrences; repetitions are none', async () => {
    const under = use();
    const environment = unique('env');
    const put = (status: 'firing' | 'resolved') => under.stores.inbox.put([report(environment, status)]);
    expect([await put('firing'), await put('firing')]).toEqual([1, 0]);
    expect([await put('resolved'), await put('resolved')]).toEqual([1, 0]);
    expect([await put('firing'), await put('firing')]).toEqual([1, 0]);
    const items = await take(under, environment);
    const told = items.flatMap((item) => (item.kind === 'anomaly' ? [item.anomaly] : []));
    expect(told.map(({ state }) => state)).toEqual(['firing', 'cleared', 'firing']);
    expect(told[1]?.id).toBe(told[0]?.id);
    expect(told[2]?.id).not.toBe(told[0]?.id);
    expect(told[2]?.seriesKey).toBe(told[0]?.seriesKey);
  });

  test('all of it in one request, in its order', async () => {
    const under = use();
    const environment = unique('env');
    const states = ['firing', 'resolved', 'firing', 'firing'] as const;
    expect(await under.stores.inbox.put(states.map((status) => report(environment, status)))).toBe(3);
    expect(await under.stores.inbox.put([report(environment, 'firing')])).toBe(0);
  });

  test('reported by many processes at once, an alert begins once', async () => {
    const under = use();
    const environment = unique('env');
    const added = await Promise.all(
      Array.from({ length: 8 }, () => under.stores.inbox.put([report(environment, 'firing')])),
    );
    expect(added.reduce((sum, one) => sum + one, 0)).toBe(1);
  });

  test('a repetition of what fires on after its incident was closed opens the next one, once', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.inbox.put([report(environment, 'firing')]);
    const [first = ''] = await assignAll(under, environment);
    await under.stores.incidents.closeEpisode(first, 'aborted', Date.now() - 120_000);
    expect(await under.stores.inbox.put([report(environment, 'firing')])).toBe(1);
    expect(await under.stores.inbox.put([report(environment, 'firing')])).toBe(0);
    const [second = ''] = await assignAll(under, environment);
    expect(second).toMatch(/^incident\/.*2$/);
  });

  test('an alert that fires again right after its incident was closed opens the next one at once', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.inbox.put([report(environment, 'firing')]);
    const [first = ''] = await assignAll(under, environment);
    await under.stores.inbox.put([report(environment, 'resolved')]);
    await assignAll(under, environment);
    await under.stores.incidents.closeEpisode(first, 'escalated', Date.now());
    await under.stores.inbox.put([report(environment, 'firing')]);
    const [second] = await assignAll(under, environment);
    expect(second).toMatch(/^incident\/.*2$/);
  });

  test('what comes back within its open incident belongs to it, also when a person has it', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.inbox.put([report(environment, 'firing'), report(environment, 'resolved')]);
    const [first = ''] = await assignAll(under, environment);
    await handOver(under, environment, first);
    await under.stores.inbox.put([report(environment, 'firing')]);
    expect(await assignAll(under, environment)).toEqual([first]);
  });

  test('an incident knows how many of its alerts fire', async () => {
    const under = use();
    const environment = unique('env');
    const other = { id: 'disk-full-host2' };
    await under.stores.inbox.put([report(environment, 'firing'), report(environment, 'firing', other)]);
    const [incidentId = ''] = await assignAll(under, environment);
    expect(await under.stores.incidents.firingAlerts(incidentId)).toBe(2);
    await under.stores.inbox.put([report(environment, 'resolved')]);
    expect(await under.stores.incidents.firingAlerts(incidentId)).toBe(1);
  });

  test('what still fires when its incident was found to be over is looked at again, unless its end comes', async () => {
    const under = use();
    const environment = unique('env');
    const waiting = async () =>
      await under.database.db
        .selectFrom('inbox')
        .select(['status', 'available_at_ms'])
        .where('id', 'like', '%/firing/after/%')
        .where('body', 'is not', null)
        .where('ordering_key', 'like', 'late/%')
        .execute();
    const before = (await waiting()).length;
    await under.stores.inbox.put([report(environment, 'firing')]);
    const [incidentId = ''] = await assignAll(under, environment);
    await under.stores.incidents.closeEpisode(incidentId, 'resolved', Date.now());
    const rows = (await waiting()).slice(before);
    expect(rows).toMatchObject([{ status: 'pending' }]);
    expect(rows[0]?.available_at_ms).toBeGreaterThan(Date.now() + 60_000);
    await under.stores.inbox.put([report(environment, 'resolved')]);
    await assignAll(under, environment);
    expect((await waiting()).slice(before)).toMatchObject([{ status: 'done' }]);
  });
});

await describeStores('what a person has in hand', (use) => {
  test('takes in further alerts of the moment, and no measured symptom: that gets an incident of its own', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.inbox.put([report(environment, 'firing')]);
    const [first = ''] = await assignAll(under, environment);
    await handOver(under, environment, first);
    await under.stores.inbox.put([report(environment, 'firing', { id: 'raid-degraded' })]);
    expect(await assignAll(under, environment)).toEqual([first]);
    const measured = anomalyOf({ environment, service: 'file-store', onsetMs: Date.now() });
    const own = await under.stores.episodes.assign(measured, correlation);
    expect(own).toMatchObject({ kind: 'incident' });
    expect(own).not.toMatchObject({ input: { incidentId: first } });
  });

  test('an alert of another day gets an incident of its own, though the first one is still open', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.inbox.put([report(environment, 'firing')]);
    const [first = ''] = await assignAll(under, environment);
    await handOver(under, environment, first);
    await under.stores.inbox.put([report(environment, 'firing', { id: 'raid', atMs: Date.now() })]);
    const [second] = await assignAll(under, environment);
    expect(second).toMatch(/^incident\/.*2$/);
  });

  test('a measured symptom that was on its way when a person took over goes to an incident of its own', async () => {
    const under = use();
    const environment = unique('env');
    const errors = anomalyOf({ environment, onsetMs: Date.now() });
    const first = await under.stores.episodes.assign(errors, correlation);
    if (first.kind !== 'incident') throw new Error(first.reason);
    const late = anomalyOf({ environment, onsetMs: Date.now() });
    await under.stores.episodes.assign(late, correlation);
    await handOver(under, environment, first.input.incidentId, errors);
    expect(await under.stores.episodes.assign(late, correlation)).toMatchObject({
      kind: 'incident',
      input: { episode: 2 },
    });
    expect(await under.stores.episodes.assign(errors, correlation)).toMatchObject({
      input: { incidentId: first.input.incidentId },
    });
  });

  test('a source is asked for by name: what it said that fires, as it said it', async () => {
    const { stores } = use();
    const environment = unique('env');
    const put = (status: 'firing' | 'resolved', more: Partial<AlertEvent>) =>
      stores.inbox.put([report(environment, status, more)]);
    await put('firing', { id: 'a', source: 'kubernetes/main' });
    await put('firing', { id: 'b', source: 'kubernetes/main' });
    await put('resolved', { id: 'b', source: 'kubernetes/main' });
    await put('firing', { id: 'c', source: 'zabbix' });
    const firing = await stores.inbox.firing(environment, 'kubernetes/main');
    expect(firing).toMatchObject([{ anomaly: { title: 'disk of host1 is full', state: 'firing' } }]);
    expect(await stores.inbox.firing(unique('env'), 'kubernetes/main')).toEqual([]);
  });
});

async function handOver(
  { stores }: StoresUnderTest,
  environment: string,
  incidentId: string,
  anomaly = anomalyOf({ environment }),
): Promise<void> {
  const told = tell(stores, environment, 'file-store', incidentId);
  await told.record(
    told.opened,
    { type: 'anomaly-observed', anomaly },
    { type: 'handed-over', outcome: 'escalated', reason: 'nothing to try', actor: 'sentinel' },
  );
}
