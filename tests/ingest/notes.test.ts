// Notes on telemetry: bounded whatever senders are called, written when they can be, and never in the way.

import { expect, test } from 'vitest';
import { createNotes } from '../../ingest/notes.ts';
import type { RefusedTelemetryRow, ResourceRow } from '../../ingest/ports.ts';
import { TestApp } from './support/app.ts';
import { silentLog } from './support/memory.ts';
import { attribute, encodeRequest, gauge, metricsRequest, nano, nowMs } from './support/otlp.ts';

class MemoryNotes {
  down = false;
  readonly refusedRows: RefusedTelemetryRow[] = [];
  readonly resourceRows: ResourceRow[] = [];
  async refused(rows: readonly RefusedTelemetryRow[]): Promise<void> {
    if (this.down) throw new Error('down');
    this.refusedRows.push(...rows);
  }
  async resources(rows: readonly ResourceRow[]): Promise<void> {
    if (this.down) throw new Error('down');
    this.resourceRows.push(...rows);
  }
}

const refusal = (service: string): RefusedTelemetryRow => ({
  environment: 'e',
  service,
  signal: 'traces',
  reason: 'late-span',
  records: 1,
  example: 'a span',
  atMs: 1,
});

test('what had no effect is added up, also while the store is away', async () => {
  const store = new MemoryNotes();
  const notes = createNotes(store, silentLog);
  store.down = true;
  for (const service of ['a', 'b', 'a']) notes.refused(refusal(service));
  await notes.flush(0);
  notes.refused(refusal('a'));
  store.down = false;
  await notes.flush(0);
  await notes.flush(0);
  expect(store.refusedRows.map(({ service, records }) => [service, records])).toEqual([
    ['a', 3],
    ['b', 1],
  ]);
});

test('of very many services the rest is one', async () => {
  const store = new MemoryNotes();
  const notes = createNotes(store, silentLog);
  for (let index = 0; index < 1_000; index += 1) notes.refused(refusal(`service-${index}`));
  await notes.flush(0);
  expect(store.refusedRows).toHaveLength(201);
  expect(store.refusedRows.at(-1)).toMatchObject({ service: '(other services)', records: 800 });
});

test('a resource is written once, again when it changes, and again after an hour', async () => {
  const store = new MemoryNotes();
  const notes = createNotes(store, silentLog);
  const pod = (name: string) => ({
    environment: 'e',
    service: 's',
    resourceId: 'u',
    attributes: { 'k8s.pod.name': name },
  });
  for (const [name, atMs] of [
    ['a', 0],
    ['a', 1_000],
    ['b', 2_000],
    ['b', 3_000],
    ['b', 3_700_000],
  ] as const) {
    notes.resource(pod(name), 'key:a');
    await notes.flush(atMs);
  }
  expect(store.resourceRows).toEqual([pod('a'), pod('b'), pod('b')]);
});

const named = (resourceId: string): ResourceRow => ({
  environment: 'e',
  service: 's',
  resourceId,
  attributes: { 'k8s.pod.name': resourceId },
});

test('a sender that invents instances pushes out its own, and nobody else’s', async () => {
  const store = new MemoryNotes();
  const notes = createNotes(store, silentLog);
  notes.resource(named('theirs'), 'key:b');
  for (let index = 0; index < 5_000; index += 1) notes.resource(named(`invented-${index}`), 'key:a');
  notes.resource(named('theirs, too'), 'key:b');
  await notes.flush(0);
  const ids = store.resourceRows.map(({ resourceId }) => resourceId);
  expect(ids).toHaveLength(5_000);
  expect(ids).toEqual(expect.arrayContaining(['theirs', 'theirs, too', 'invented-4999']));
  expect(ids).not.toContain('invented-0');
});

test('within an hour a sender makes only so many instances known; those that are known stay so', async () => {
  const store = new MemoryNotes();
  const notes = createNotes(store, silentLog);
  const idsAt = async (atMs: number, ...rows: readonly string[]) => {
    for (const row of rows) notes.resource(named(row), 'key:a');
    store.resourceRows.length = 0;
    await notes.flush(atMs);
    return store.resourceRows.map(({ resourceId }) => resourceId);
  };
  await notes.flush(0);
  for (let index = 0; index < 10; index += 1)
    expect(
      await idsAt(index, ...Array.from({ length: 500 }, (_, n) => `invented-${index}-${n}`)),
    ).toHaveLength(500);
  expect(await idsAt(100, 'one more')).toEqual([]);
  notes.resource(named('theirs'), 'key:b');
  expect(await idsAt(200)).toEqual(['theirs']);
  expect(await idsAt(3_700_000, 'invented-0-0')).toEqual(['invented-0-0']);
  expect(await idsAt(3_700_100, 'one more')).toEqual(['one more']);
});

test('a request notes its resources and its refusals, by the service they are about', async () => {
  const store = new MemoryNotes();
  const notes = createNotes(store, silentLog);
  const app = new TestApp({ notes });
  const resource = {
    attributes: [
      attribute('service.name', 'cart'),
      attribute('k8s.pod.uid', 'u-1'),
      attribute('k8s.pod.name', 'cart-a'),
      attribute('aws.ecs.task.arn', 'arn:1'),
      attribute('secret.thing', 'x'),
    ],
  };
  const points = [
    gauge('m', { asInt: '1' }),
    gauge('old', { asInt: '1', timeUnixNano: nano(nowMs - 86_400_000) }),
  ];
  const body = encodeRequest('metrics', 'json', metricsRequest(points, resource));
  expect((await app.post('/v1/metrics', body, { 'content-type': 'application/json' })).status).toBe(200);
  await notes.flush(nowMs);
  const place = { environment: 'default-env', service: 'cart' };
  expect(store.refusedRows).toEqual([
    { ...place, signal: 'metrics', reason: 'too-old', records: 1, example: 'metric old', atMs: nowMs },
  ]);
  expect(store.resourceRows).toEqual([
    {
      ...place,
      resourceId: 'u-1',
      attributes: { 'k8s.pod.uid': 'u-1', 'k8s.pod.name': 'cart-a', 'aws.ecs.task.arn': 'arn:1' },
    },
  ]);
});
