// What became of one event: asked by its sender's id or by Sentinel's, from its receipt to its incident.

import { expect, test } from 'vitest';
import type { InboxItem } from '../../../ingest/ports.ts';
import { describeStores } from '../../support/stores.ts';
import { anomalyOf, unique } from './fixtures.ts';

await describeStores('what became of an event', (use) => {
  function alertItem(eventId: string, service = 'api'): InboxItem & { kind: 'anomaly' } {
    const anomaly = anomalyOf({ environment: unique('env'), service });
    return { id: `anomaly/${anomaly.id}/firing`, kind: 'anomaly', anomaly, eventId };
  }

  test('an alert: received, repeated, tried, given up', async () => {
    const { stores } = use();
    const eventId = unique('event');
    const item = alertItem(eventId);
    expect(await stores.inbox.put([item])).toBe(1);
    const explain = async () => (await stores.records.explain(eventId)).items[0];
    expect(await explain()).toMatchObject({
      eventId,
      kind: 'anomaly',
      state: 'firing',
      service: 'api',
      status: 'pending',
      outcome: 'waiting',
      attempts: 0,
      repeats: 0,
      repeatedAtMs: null,
      incidentId: null,
    });
    expect(await stores.inbox.put([item, item])).toBe(0);
    expect(await stores.inbox.put([item])).toBe(0);
    const repeated = await explain();
    expect(repeated?.repeats).toBe(3);
    expect(repeated?.repeatedAtMs).toBeGreaterThanOrEqual(repeated?.receivedAtMs ?? Number.NaN);
    await stores.inbox.failed([item.id], 'the incident does not answer', Date.now() + 60_000);
    expect(await explain()).toMatchObject({ outcome: 'waiting', reason: 'the incident does not answer' });
    await stores.inbox.failed([item.id], 'no hope', null);
    expect(await explain()).toMatchObject({
      status: 'dead',
      outcome: 'dead-letter',
      reason: 'no hope',
      nextAttemptAtMs: null,
    });
  });

  test('one that led to no incident says why, and one that is looked at again is found by the same id', async () => {
    const { stores } = use();
    const eventId = unique('event');
    const item = alertItem(eventId);
    await stores.inbox.put([item]);
    await stores.inbox.ignored([item.id], 'information alone\u0000');
    const explain = async () => (await stores.records.explain(eventId)).items;
    expect(await explain()).toMatchObject([
      { status: 'done', outcome: 'suppressed', reason: 'information alone\uFFFD', incidentId: null },
    ]);
    const { scope } = item.anomaly;
    const other = anomalyOf({ environment: scope.environment, service: scope.service });
    const assigned = await stores.episodes.assign(other, { windowMs: 60_000, maxHops: 1 });
    if (assigned.kind !== 'incident') throw new Error('an incident was expected');
    await stores.incidents.closeEpisode(assigned.input.incidentId, 'resolved', Date.now());
    const late = { ...item.anomaly, onsetMs: Date.now() - 1_000 };
    expect(await stores.episodes.assign(late, { windowMs: 0, maxHops: 1 })).toMatchObject({
      kind: 'ignored',
    });
    expect(await explain()).toMatchObject([
      { status: 'pending', outcome: 'waiting', eventId },
      { outcome: 'suppressed' },
    ]);
  });

  test('an anomaly that led to an incident, by the id that Sentinel gave it', async () => {
    const { stores } = use();
    const item = alertItem(unique('event'));
    const { id } = item.anomaly;
    await stores.inbox.put([item]);
    const assignment = await stores.episodes.assign(item.anomaly, { windowMs: 60_000, maxHops: 1 });
    if (assignment.kind !== 'incident') throw new Error('an incident was expected');
    await stores.inbox.done(item.id);
    const { items } = await stores.records.explain(id);
    expect(items).toMatchObject([
      { outcome: 'incident', incidentId: assignment.input.incidentId, incidentClosedAtMs: null },
    ]);
    expect(items[0]?.incidentTitle).not.toBe('');
    expect(items[0]?.incidentWhy).toBe('nothing it belongs to was open');
  });

  test('a change, hostile ids, and ids that nobody sent', async () => {
    const { stores } = use();
    const eventId = `${unique('release')} \u0000 '; drop table inbox; --`;
    const environment = unique('env');
    const change = { kind: 'change' as const, id: eventId, type: 'release', environment, service: 'api' };
    const body = { ...change, atMs: 1, summary: 'api v2', attributes: {} };
    await stores.inbox.put([{ id: `change/${environment}/1`, kind: 'change', change: body, eventId }]);
    const { items } = await stores.records.explain(eventId);
    expect(items).toMatchObject([
      { kind: 'change', state: null, summary: 'api v2', seriesKey: null, outcome: 'waiting' },
    ]);
    await stores.inbox.done(`change/${environment}/1`);
    expect((await stores.records.explain(eventId)).items).toMatchObject([{ outcome: 'evidence' }]);
    expect(await stores.records.explain(unique('never'))).toEqual({ items: [], refused: [] });
  });

  test('telemetry of a service that had no effect is added up, and what is old goes', async () => {
    const { stores, database } = use();
    const service = unique('service');
    const row = { environment: 'e', service, signal: 'traces', reason: 'late-span', records: 3 };
    await stores.telemetryNotes.refused([{ ...row, example: 'a span', atMs: Date.now() - 1_000 }]);
    await stores.telemetryNotes.refused([{ ...row, example: 'another', atMs: Date.now() }]);
    await stores.telemetryNotes.refused([]);
    const { refused } = await stores.records.explain(service);
    expect(refused).toMatchObject([{ reason: 'late-span', records: 6, example: 'another' }]);
    expect(refused[0]?.firstAtMs).toBeLessThan(refused[0]?.lastAtMs ?? Number.NaN);
    await database.db.updateTable('refused_telemetry').set({ last_at_ms: 1 }).execute();
    await stores.maintenance.prune();
    expect((await stores.records.explain(service)).refused).toEqual([]);
  });

  test('what is known of an instance is kept as it was told last', async () => {
    const { stores, database } = use();
    const row = { environment: 'e', service: unique('service'), resourceId: 'uid-1' };
    await stores.telemetryNotes.resources([{ ...row, attributes: { 'k8s.pod.name': 'a' } }]);
    await stores.telemetryNotes.resources([{ ...row, attributes: { 'k8s.pod.name': 'b \u0000' } }]);
    const found = await database.db
      .selectFrom('telemetry_resources')
      .select(['resource_id', 'attributes'])
      .where('service', '=', row.service)
      .execute();
    expect(found).toEqual([{ resource_id: 'uid-1', attributes: { 'k8s.pod.name': 'b \u0000' } }]);
  });
});
