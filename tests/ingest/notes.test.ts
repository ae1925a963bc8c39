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
    notes.resource(pod(name));
    await notes.flush(atMs);
  }
  expect(store.resourceRows).toEqual([pod('a'), pod('b'), pod('b')]);
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
