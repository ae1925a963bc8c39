/** What comes back soon belongs to the page that people have had; these are the reasons to call them again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callFor, type EarlierIncident } from '../../../domain/incident/chain.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { commands, opened } from './commands.ts';

const minuteMs = 60_000;
const openedAtMs = 100 * minuteMs;
const follows = { incidentId: 'incident/1', times: 2, sinceMs: 90 * minuteMs };

const first: EarlierIncident = {
  incidentId: 'incident/1',
  severity: 'warning',
  outcome: 'self-recovered',
  openedAtMs: 90 * minuteMs,
  closedAtMs: 94 * minuteMs,
};

function again(change: Partial<IncidentState> = {}): IncidentState {
  const events = [{ ...opened, follows }, commands.observe('a', 'warning', openedAtMs)];
  const told = events.map(
    (event, index) => ({ seq: index + 1, atMs: openedAtMs, ...event }) as IncidentEvent,
  );
  const state = fold(told, 'incident/2');
  if (state === null) throw new Error('the example has no incident');
  return { ...state, ...change };
}
const cleared = (state: IncidentState): IncidentState => ({
  ...state,
  anomalies: Object.fromEntries(
    Object.entries(state.anomalies).map(([id, one]) => [id, { ...one, state: 'cleared' as const }]),
  ),
});

test('the first time calls people, and so does what follows an incident that the channel was not told of', () => {
  const { follows: _none, ...alone } = again();
  expect(callFor(alone, [], openedAtMs)).toEqual({ kind: 'aloud', because: null });
  expect(callFor(again(), [], openedAtMs)).toEqual({ kind: 'aloud', because: null });
  // What follows none has no conversation, whatever else the channel was told of.
  expect(callFor(alone, [first], openedAtMs)).toEqual({ kind: 'aloud', because: null });
});

test('the same again is told quietly, and looked at when it has lasted as long as before', () => {
  expect(callFor(again(), [first], openedAtMs)).toEqual({
    kind: 'quietly',
    lookAgainAtMs: openedAtMs + 4 * minuteMs,
  });
  // Handed over, as most of what flaps is: that alone calls nobody.
  const handedOver = again({ status: 'handed-over', outcome: 'escalated' });
  expect(callFor(handedOver, [first], openedAtMs)).toMatchObject({ kind: 'quietly' });
});

describe('people are called again', () => {
  test.each<[string, Partial<IncidentState>, Partial<EarlierIncident>, string]>([
    ['when it is worse', { severity: 'critical' }, {}, 'it is critical now, and was warning before'],
    [
      'after a person closed it',
      {},
      { outcome: 'escalated', end: 'closed-by-person' },
      'after a person had closed it',
    ],
    ['after a person aborted it', {}, { outcome: 'aborted' }, 'after a person had closed it'],
    [
      'after a person took it over, where that was its end',
      {},
      { outcome: 'taken-over' },
      'after a person had closed it',
    ],
    [
      'the third time',
      { follows: { ...follows, times: 3 } },
      {},
      'flapping, the 3rd time now, and needs a person',
    ],
    ['for an approval', { status: 'awaiting-approval' }, {}, 'a decision is needed'],
    [
      'for a change that nobody can judge',
      { held: { reason: 'r', deadlineMs: 1 } },
      {},
      'a decision is needed',
    ],
  ])('%s', (_when, change, before, because) => {
    expect(callFor(again(change), [{ ...first, ...before }], openedAtMs)).toEqual({
      kind: 'aloud',
      because: expect.stringContaining(because),
    });
  });

  test.each<[string, Partial<IncidentState>, Partial<EarlierIncident>]>([
    ['for what is less grave', {}, { severity: 'critical' }],
    ['the second time, and the fourth', { follows: { ...follows, times: 4 } }, {}],
    ['when a person had it, and it cleared', {}, { outcome: 'taken-over', end: 'cleared' }],
    ['when it is over before anybody was told', { status: 'closed', outcome: 'self-recovered' }, {}],
  ])('not %s', (_when, change, before) => {
    expect(callFor(again(change), [{ ...first, ...before }], openedAtMs)).toMatchObject({ kind: 'quietly' });
  });

  test('for what is graver than the gravest of all before, not than the last', () => {
    const told = [{ ...first, severity: 'critical' as const }, first];
    expect(callFor(again({ severity: 'critical' }), told, openedAtMs)).toMatchObject({ kind: 'quietly' });
  });

  test('by the end of the latest, not of one before it', () => {
    const closed = { ...first, outcome: 'escalated', end: 'closed-by-person' } as const;
    expect(callFor(again(), [closed, first], openedAtMs)).toMatchObject({ kind: 'quietly' });
    expect(callFor(again(), [first, closed], openedAtMs)).toMatchObject({ kind: 'aloud' });
  });
});

describe('a symptom that stays', () => {
  const lasted = (ms: number): EarlierIncident => ({ ...first, closedAtMs: first.openedAtMs + ms });
  const looksAfterMs = (told: readonly EarlierIncident[]): number => {
    const call = callFor(again(), told, openedAtMs);
    return call.kind === 'quietly' ? (call.lookAgainAtMs ?? 0) - openedAtMs : 0;
  };

  test('calls people when it has lasted longer than the longest before', () => {
    const told = [lasted(4 * minuteMs), lasted(2 * minuteMs)];
    expect(callFor(again(), told, openedAtMs + 4 * minuteMs - 1)).toMatchObject({ kind: 'quietly' });
    expect(callFor(again(), told, openedAtMs + 4 * minuteMs)).toMatchObject({
      because: expect.stringContaining('longer than before'),
    });
  });

  test('within a quarter of an hour at the latest, and not within a minute', () => {
    expect(looksAfterMs([lasted(0)])).toBe(minuteMs);
    expect(looksAfterMs([lasted(300 * minuteMs)])).toBe(15 * minuteMs);
  });

  test('is not one that has cleared or is closed: its next news are looked at', () => {
    const late = openedAtMs + 60 * minuteMs;
    for (const gone of [cleared(again()), again({ status: 'closed', outcome: 'escalated' })])
      expect(callFor(gone, [first], late)).toEqual({ kind: 'quietly', lookAgainAtMs: null });
  });
});

test('whoever was called stays called: no reason goes away as time passes', () => {
  const some = fc.record({
    severity: fc.constantFrom('info', 'warning', 'critical'),
    times: fc.integer({ min: 2, max: 6 }),
    lastedMs: fc.integer({ min: 0, max: 3_600_000 }),
    atMs: fc.integer({ min: 0, max: 3_600_000 }),
    moreMs: fc.integer({ min: 0, max: 3_600_000 }),
  });
  fc.assert(
    fc.property(some, ({ severity, times, lastedMs, atMs, moreMs }) => {
      const state = again({ severity, follows: { ...follows, times } });
      const told = [{ ...first, closedAtMs: first.openedAtMs + lastedMs }];
      if (callFor(state, told, openedAtMs + atMs).kind === 'quietly') return;
      expect(callFor(state, told, openedAtMs + atMs + moreMs).kind).toBe('aloud');
    }),
  );
});
