// The checker itself: a run in which all is well passes, and every plant (an event dropped, doubled, without a reason, …) does not.

import { expect, test } from 'vitest';
import type { LogLine } from './answer-log.ts';
import { type Evidence, type Explained, type Problem, verdictOf } from './checker/verdict.ts';

const line = (given: Partial<LogLine> & Pick<LogLine, 'id'>): LogLine => ({
  ...{ way: 'webhook', sort: 'good', state: 'firing', answer: 'accepted', atMs: 0 },
  ...given,
});
const item = (given: Partial<Explained>): Explained => ({
  ...{ id: 'anomaly/1/firing', state: 'firing', outcome: 'incident' },
  ...{ reason: null, incidentId: 'INC-1', repeats: 0 },
  ...given,
});
const suppressed = item({ state: 'firing', outcome: 'suppressed', reason: 'only informs', incidentId: null });
const steady = Array.from({ length: 200 }, (_, second) => ({
  ...{ name: 'ingest-a', pid: 7, atMs: second * 1_000 },
  rssMb: second < 20 ? 100 : 300,
}));

const ends: Evidence['explained'] = new Map([
  ['a', [item({ repeats: 1 }), item({ id: 'anomaly/1/cleared', state: 'cleared' })]],
  ['b', [suppressed, item({ id: 'late/2/INC-1' }), item({ id: 'anomaly/2/firing/after/INC-1' })]],
  ['c', [item({ id: 'change/c', state: null, outcome: 'evidence', incidentId: null })]],
]);
/** One of each, all of it as it should be. */
const well: Evidence = {
  log: [
    line({ id: 'a', answer: 'again', status: 503 }),
    line({ id: 'a', status: 202 }),
    line({ id: 'a', status: 202, sort: 'repeat' }),
    line({ id: 'a', state: 'cleared', status: 202 }),
    line({ id: 'b', way: 'record', place: 'alerts/0/1' }),
    line({ id: 'c', way: 'record', place: 'alerts/0/2', state: null }),
    line({
      id: 'bad-1',
      sort: 'hostile',
      answer: 'refused',
      status: 422,
      why: 'title: missing',
      state: null,
    }),
    line({ id: 'bad-2', way: 'record', sort: 'hostile', place: 'alerts/0/3', state: null }),
    line({ id: 'r-1', way: 'reading', place: 'observations/0/1', state: null }),
  ],
  explained: ends,
  toldByApi: new Map([['c', ends.get('c') ?? []]]),
  letters: [{ place: 'alerts/0/3', reason: 'not-json' }],
  readings: ['r-1'],
  offsets: [{ partition: 'alerts/0', end: 4n, committed: 4n }],
  told: ['INC-1 1', 'INC-1 2'],
  memory: steady,
};

const explainedAs = (id: string, items: readonly Explained[]): Partial<Evidence> => ({
  explained: new Map([...well.explained, [id, items]]),
});
const logWith = (...lines: LogLine[]): Partial<Evidence> => ({ log: [...well.log, ...lines] });

test('all is well: each accepted event has its one end', () => {
  expect(verdictOf(well)).toEqual({
    ...{ ok: true, lost: 0, lag: 0, problems: [], sentAgain: 1, lettersAgain: 0 },
    accepted: { webhooks: 3, records: 2, readings: 1 },
    ends: { incident: 2, suppressed: 1, evidence: 1, history: 1, duplicate: 1, deadLetter: 0 },
    hostile: { refused: 1, deadLetters: 1 },
  });
});

const plants: readonly [string, Problem['kind'], Partial<Evidence>][] = [
  ['an event that nobody knows', 'missing', explainedAs('b', [])],
  ['the end of an alert that nobody knows', 'missing', explainedAs('a', [item({ repeats: 1 })])],
  ['a value that is not in history', 'missing', { readings: [] }],
  ['a record that nobody can use, without a dead letter', 'missing', { letters: [] }],
  [
    'an event with two ends',
    'doubled',
    explainedAs('b', [suppressed, { ...suppressed, id: 'anomaly/9/firing' }]),
  ],
  ['a value that is there twice', 'doubled', { readings: ['r-1', 'r-1'] }],
  ['a finding that its incident does not know of', 'not-told', { told: ['INC-1 2'] }],
  ['a finding that its incident was told twice', 'told-twice', { told: ['INC-1 1', 'INC-1 1'] }],
  ['an event of which the API says something else', 'told-otherwise', { toldByApi: new Map([['c', []]]) }],
  ['an event that waits', 'unfinished', explainedAs('b', [item({ outcome: 'waiting' })])],
  ['suppressed, nobody says why', 'without-reason', explainedAs('b', [item({ outcome: 'suppressed' })])],
  ['given up, nobody says why', 'without-reason', explainedAs('b', [item({ outcome: 'dead-letter' })])],
  ['a dead letter without a reason', 'without-reason', { letters: [{ place: 'alerts/0/3', reason: '' }] }],
  [
    'a refusal without a reason',
    'without-reason',
    logWith(line({ id: 'bad-3', sort: 'hostile', answer: 'refused', status: 400 })),
  ],
  [
    'a good event that is given up',
    'good-refused',
    explainedAs('b', [item({ outcome: 'dead-letter', reason: 'tried 300 times' })]),
  ],
  ['a good event that is refused', 'good-refused', logWith(line({ id: 'd', answer: 'refused', why: 'no' }))],
  [
    'a good record with a dead letter',
    'good-refused',
    { letters: [...well.letters, { place: 'alerts/0/1', reason: 'not-json' }] },
  ],
  [
    'a copy that is not known as one',
    'repeat-not-known',
    explainedAs('a', [item({}), item({ id: 'anomaly/1/cleared', state: 'cleared' })]),
  ],
  ['hostile input that was accepted', 'hostile-accepted', logWith(line({ id: 'bad-3', sort: 'hostile' }))],
  ['hostile input that was stored', 'hostile-accepted', explainedAs('bad-2', [item({})])],
  ['a partition that is behind', 'lag', { offsets: [{ partition: 'alerts/0', end: 4n, committed: 3n }] }],
  ['no partition at all', 'lag', { offsets: [] }],
  [
    'memory that grows on',
    'memory',
    { memory: steady.map((sample, second) => ({ ...sample, rssMb: 100 + second * 4 })) },
  ],
  [
    'a young process that holds too much',
    'memory',
    { memory: [...steady, { name: 'ingest-b', pid: 8, atMs: 0, rssMb: 2_049 }] },
  ],
];

test('where the record of an incident is full, the rest are its members', () => {
  const told = Array.from({ length: 1_000 }, (_, index) => `INC-1 other-${index}`);
  expect(verdictOf({ ...well, told }).problems).toEqual([]);
  expect(verdictOf({ ...well, told: told.slice(1) }).problems).toHaveLength(1);
});

test.each(plants)('%s: %s', (_, kind, planted) => {
  const { ok, problems } = verdictOf({ ...well, ...planted });
  expect(problems.map((problem) => problem.kind)).toEqual([kind]);
  expect(ok).toBe(false);
});
