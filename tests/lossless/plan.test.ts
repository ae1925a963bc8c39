// What is sent and which fault comes when follow from the seed alone; and of the good there is no sort that the bad crowds out.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAnswerLog, readAnswerLog } from './answer-log.ts';
import { faultNames, scheduleOf } from './faults/schedule.ts';
import { recordsOf, webhooksOf } from './plan/events.ts';

const size = { seed: 3, webhooks: 500, records: 900, readings: 60, partitions: 6 };

test('the same seed is the same schedule: every fault in every round, one after the other', () => {
  const schedule = scheduleOf(5, 2);
  expect(scheduleOf(5, 2)).toEqual(schedule);
  expect(scheduleOf(6, 2)).not.toEqual(schedule);
  const rounds = [schedule.slice(0, faultNames.length), schedule.slice(faultNames.length)];
  for (const round of rounds)
    expect(round.map(({ fault }) => fault).toSorted()).toEqual([...faultNames].toSorted());
  const moments = schedule.map(({ after }) => after);
  expect(moments).toEqual(moments.toSorted((left, right) => left - right));
  expect(moments[0]).toBeGreaterThan(0);
  expect(moments.at(-1)).toBeLessThan(1);
});

test('as many good events as were asked for, every eleventh one hostile, and an end only long after its beginning', () => {
  const webhooks = webhooksOf(size);
  expect(webhooksOf(size)).toEqual(webhooks);
  expect(webhooks.filter(({ sort }) => sort === 'good')).toHaveLength(size.webhooks);
  const hostile = webhooks.filter(({ sort }) => sort === 'hostile');
  expect(hostile).toHaveLength(Math.floor(webhooks.length / 11));
  expect(new Set(hostile.map(({ id }) => id)).size).toBe(hostile.length);
  const records = Array.from({ length: size.partitions }, (_, partition) => recordsOf(size, partition));
  expect(records.flat().filter(({ sort }) => sort === 'good')).toHaveLength(size.records);
  const ends = webhooks.filter(({ state, sort }) => state === 'cleared' && sort === 'good');
  expect(ends.length).toBeGreaterThan(20);
  for (const end of ends) {
    const beginning = webhooks.findLast(({ id, state }) => id === end.id && state === 'firing');
    expect(end.n - (beginning?.n ?? end.n)).toBeGreaterThan(40);
  }
});

test('a log is read only when the sender came to its end, with an answer for everything', async ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'answer-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sender.jsonl');
  const log = await openAnswerLog(file);
  const line = { way: 'webhook', sort: 'good', id: 'a', state: null, atMs: 1 } as const;
  await log.write([{ ...line, answer: 'again' }]);
  await log.write([{ ...line, answer: 'accepted' }]);
  expect(() => readAnswerLog(file)).toThrow('did not come to its end');
  await log.write([{ sent: 1 }]);
  expect(readAnswerLog(file).map(({ answer }) => answer)).toEqual(['again', 'accepted']);
  await log.write([{ sent: 2 }]);
  await log.close();
  expect(() => readAnswerLog(file)).toThrow('1 final answers, but 2 were sent');
});
