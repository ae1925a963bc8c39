// A partition of alerts: what cannot be stored comes again, and what nobody can use is told once all the same.

import { expect, test } from 'vitest';
import { alertPartition } from '../../../ingest/kafka/alert-partition.ts';
import type { DeadLetter, StreamRecord } from '../../../ingest/kafka/ports.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import { MemoryClock, MemoryInbox, MemoryMetrics, MemoryReplays, silentLog } from '../support/memory.ts';

const nowMs = Date.UTC(2030, 0, 2);
const position = { topic: 'alerts', partition: 0 };
const record = (offset: number, value: unknown, timestampMs = nowMs): StreamRecord => ({
  ...{ offset: BigInt(offset), timestampMs, key: null },
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});
const alert = (id: string) => ({ kind: 'alert', id, service: 'orders', title: 'orders is slow' });

test('while the inbox is away the same records come again: their dead letters are written once, their events stored then', async () => {
  const clock = new MemoryClock(nowMs);
  const inbox = new MemoryInbox(clock);
  const letters: DeadLetter[] = [];
  const worker = await alertPartition({
    schemas: recordSchemas(defaultLimits),
    limits: defaultLimits,
    defaultEnvironment: 'test',
    deadLetters: { put: async (more) => void letters.push(...more) },
    replays: new MemoryReplays(),
    inbox,
    wake: () => {},
    clock,
    metrics: new MemoryMetrics(),
    log: silentLog,
  })(position, '');
  const offsets = () => letters.map(({ record: { offset } }) => Number(offset));
  const records = [record(0, alert('a')), record(1, 'hello'), record(2, alert('b'))];

  inbox.down = true;
  for (let attempt = 0; attempt < 3; attempt += 1) await expect(worker.take(records)).rejects.toThrow();
  expect(offsets()).toEqual([1]);
  expect(worker.durable()).toBeNull();

  inbox.down = false;
  await worker.take(records);
  expect(inbox.stored.size).toBe(2);
  expect(offsets()).toEqual([1]);
  expect(worker.durable()).toMatchObject({ nextOffset: 3n });

  await worker.take([record(3, 'more'), record(4, alert('c'))]);
  expect(offsets()).toEqual([1, 3]);
  inbox.down = true;
  await expect(worker.take([record(5, 'first'), record(6, alert('d'))])).rejects.toThrow();
  inbox.down = false;
  // The topic has begun anew: the offset is another record's.
  await worker.take([record(5, 'second', nowMs + 1), record(6, alert('e'), nowMs + 1)]);
  expect(offsets()).toEqual([1, 3, 5, 5]);
});
