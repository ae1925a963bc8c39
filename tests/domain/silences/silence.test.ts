import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastEndMs, nextOccurrence, occurrenceAt, type Weekly } from '../../../domain/silences/schedule.ts';
import {
  compileSilence,
  mayBeSilencedBy,
  problemOf,
  type Silence,
  silencedText,
  silencing,
  stateOf,
  termsSchema,
} from '../../../domain/silences/silence.ts';
import { instantOf, isTimeZone, localDay } from '../../../domain/silences/zone.ts';

const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);
const weekly: Weekly = {
  ...{ kind: 'weekly', days: ['sat', 'sun'], at: '02:30', minutes: 120, timeZone: 'Europe/Berlin' },
  ...{ fromMs: at('2026-01-01T00:00:00Z'), untilMs: null },
};
const silence: Silence = {
  ...{
    id: 'silence-1',
    version: 1,
    kind: 'silence',
    silences: ['incidents'],
    reason: 'load test',
    ticket: null,
  },
  matchers: [{ label: 'service', is: '=', value: 'checkout' }],
  schedule: { kind: 'once', startsAtMs: 1_000, endsAtMs: 2_000 },
  ...{
    createdBy: 'person:ada',
    createdAtMs: 0,
    changedBy: 'person:ada',
    changedAtMs: 0,
    ended: null,
    source: null,
  },
};

describe('local time', () => {
  test.each([
    ['2026-01-15', 9 * 60, 'Europe/Berlin', '2026-01-15T08:00:00Z'],
    ['2026-07-15', 9 * 60, 'Europe/Berlin', '2026-07-15T07:00:00Z'],
    ['2026-03-29', 2 * 60 + 30, 'Europe/Berlin', '2026-03-29T01:30:00Z'], // 02:30 is skipped: 03:30 summer time
    ['2026-10-25', 2 * 60 + 30, 'Europe/Berlin', '2026-10-25T00:30:00Z'], // 02:30 comes twice: the first
    ['2026-10-04', 2 * 60 + 15, 'Australia/Lord_Howe', '2026-10-03T15:45:00Z'], // forward by half an hour
    ['2026-11-01', 1 * 60 + 30, 'America/New_York', '2026-11-01T05:30:00Z'],
    ['2011-12-31', 0, 'Pacific/Apia', '2011-12-30T10:00:00Z'], // the day before was left out
    ['2026-06-01', 0, 'UTC', '2026-06-01T00:00:00Z'],
    ['2026-06-01', 0, 'Asia/Kathmandu', '2026-05-31T18:15:00Z'],
  ])('%s, minute %d, %s is %s', (day, minute, zone, expected) => {
    const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
    expect(new Date(instantOf({ year, month, day: date }, minute, zone)).toISOString()).toBe(
      new Date(expected).toISOString(),
    );
  });

  test('there and back is the same day, in every zone', () => {
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'UTC',
    );
    const instant = fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2037-01-01T00:00:00Z') });
    fc.assert(
      fc.property(zone, instant, (timeZone, atMs) => {
        const day = localDay(atMs, timeZone);
        const midnight = instantOf(day, 0, timeZone);
        expect(localDay(midnight, timeZone)).toEqual(day);
        expect(atMs - midnight).toBeGreaterThanOrEqual(0);
        expect(atMs - midnight).toBeLessThan(25.5 * hour);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['Europe/Berlin', true],
    ['America/Argentina/Buenos_Aires', true],
    ['Etc/GMT+3', true],
    ['UTC', true],
    ['Mars/Olympus', false],
    ['+02:00', false],
    ['', false],
  ])('%s is a time zone: %s', (name, expected) => expect(isTimeZone(name)).toBe(expected));
});

describe('a schedule', () => {
  test('once holds from its beginning until just before its end', () => {
    const { schedule } = silence;
    expect([999, 1_000, 1_999, 2_000].map((ms) => occurrenceAt(schedule, ms) !== null)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(nextOccurrence(schedule, 0)).not.toBeNull();
    expect(nextOccurrence(schedule, 1_000)).toBeNull();
  });

  test('weekly lasts as long as it says, also over the night in which clocks change', () => {
    const begins = [
      '2026-03-28T01:30:00Z',
      '2026-03-29T01:30:00Z',
      '2026-10-24T00:30:00Z',
      '2026-10-25T00:30:00Z',
    ];
    for (const text of begins) {
      const startsAtMs = at(text);
      expect(occurrenceAt(weekly, startsAtMs - 1)).toBeNull();
      expect(occurrenceAt(weekly, startsAtMs)).toEqual({ startsAtMs, endsAtMs: startsAtMs + 2 * hour });
      expect(occurrenceAt(weekly, startsAtMs + 2 * hour)).toBeNull();
    }
    expect(occurrenceAt(weekly, at('2026-03-30T01:30:00Z'))).toBeNull(); // a Monday
  });

  test('that is longer than a day holds on the next one, and of two the longer one counts', () => {
    const long: Weekly = { ...weekly, minutes: 2_000 };
    expect(occurrenceAt(long, at('2026-01-11T10:00:00Z'))?.startsAtMs).toBe(at('2026-01-11T01:30:00Z'));
    expect(occurrenceAt(long, at('2026-01-11T01:00:00Z'))?.startsAtMs).toBe(at('2026-01-10T01:30:00Z'));
  });

  test('weekly begins and ends with its bounds', () => {
    const bounded: Weekly = {
      ...weekly,
      fromMs: at('2026-01-10T02:00:00Z'),
      untilMs: at('2026-01-17T12:00:00Z'),
    };
    expect(occurrenceAt(bounded, at('2026-01-10T02:00:00Z'))).toBeNull();
    expect(nextOccurrence(bounded, 0)?.startsAtMs).toBe(at('2026-01-11T01:30:00Z'));
    expect(lastEndMs(bounded)).toBe(at('2026-01-17T03:30:00Z'));
    expect(nextOccurrence(bounded, at('2026-01-17T01:30:00Z'))).toBeNull();
    expect(lastEndMs(weekly)).toBeNull();
  });
});

describe('a silence', () => {
  const labels = { service: ['checkout'] };

  test('keeps what it says from happening, while it holds, to what it is about', () => {
    const all = [compileSilence(silence)];
    expect(silencing(all, 'incidents', labels, 1_500)?.silence.id).toBe('silence-1');
    expect(silencing(all, 'incidents', labels, 2_000)).toBeNull();
    expect(silencing(all, 'actions', labels, 1_500)).toBeNull();
    expect(silencing(all, 'incidents', { service: ['cart'] }, 1_500)).toBeNull();
    const ended = { ...silence, ended: { atMs: 1_200, by: 'person:ada', reason: 'done' } };
    expect(silencing([compileSilence(ended)], 'incidents', labels, 1_500)).toBeNull();
  });

  test('of two that hold, the one that ends last counts', () => {
    const longer = {
      ...silence,
      id: 'silence-2',
      schedule: { kind: 'once', startsAtMs: 0, endsAtMs: 9_000 },
    } as const;
    const order = [silence, longer].map(compileSilence);
    expect(silencing(order, 'incidents', labels, 1_500)?.silence.id).toBe('silence-2');
    expect(silencing(order.toReversed(), 'incidents', labels, 1_500)?.silence.id).toBe('silence-2');
  });

  test('that somebody else’s system has is about what that system speaks about', () => {
    const source = {
      name: 'alertmanager/main',
      id: 'x',
      by: 'bob',
      environments: ['production'],
      otherNames: { service: ['job'] },
    };
    const theirs = compileSilence({
      ...silence,
      matchers: [{ label: 'job', is: '=', value: 'checkout' }],
      source,
    });
    const about = (environment: string) =>
      silencing([theirs], 'incidents', { ...labels, environment: [environment] }, 1_500);
    expect(about('production')).not.toBeNull();
    expect(about('staging')).toBeNull();
  });

  test('is pending, active and expired, and stays expired', () => {
    expect([0, 1_000, 2_000].map((ms) => stateOf(silence, ms))).toEqual(['pending', 'active', 'expired']);
    expect(stateOf({ ...silence, ended: { atMs: 1, by: 'x', reason: 'y' } }, 1_500)).toBe('expired');
    expect(stateOf({ schedule: weekly, ended: null }, at('2026-01-12T00:00:00Z'))).toBe('pending');
  });

  test('says who, until when and why', () => {
    const [holding] = [
      silencing([compileSilence({ ...silence, ticket: 'OPS-7' })], 'incidents', labels, 1_500),
    ];
    if (holding === undefined || holding === null) throw new Error('it does not hold');
    expect(silencedText(holding)).toBe(
      'silenced until 1970-01-01T00:00:02.000Z by ada: load test (OPS-7) [silence-1]',
    );
  });

  test.each([
    [{}, 0, null],
    [{}, 2_000, 'is over already'],
    [{ schedule: { kind: 'once', startsAtMs: 5, endsAtMs: 5 } }, 0, 'ends before it begins'],
    [{ schedule: { kind: 'once', startsAtMs: 0, endsAtMs: 25 * hour } }, 0, 'lasts longer than 24 hours'],
    [{ schedule: { ...weekly, minutes: 1_441 } }, 0, 'lasts longer than 24 hours'],
    [{ schedule: { ...weekly, untilMs: weekly.fromMs } }, 0, 'ends before it begins'],
    [{ matchers: [{ label: 'service', is: '=~', value: '.*' }] }, 0, 'would silence everything'],
  ] as const)('with %j at %d: %s', (change, nowMs, expected) => {
    const problem = problemOf({ ...silence, ...change }, { longestMs: 24 * hour }, nowMs);
    if (expected === null) expect(problem).toBeNull();
    else expect(problem?.problem).toContain(expected);
  });

  test('may be made by whoever reaches what it names', () => {
    const reach = { environments: ['staging', 'dev-*'], services: ['cart'] };
    const may = (texts: Record<string, string>, is: '=' | '=~' = '=') =>
      mayBeSilencedBy(
        reach,
        Object.entries(texts).map(([label, value]) => ({ label, is, value })),
      );
    expect(may({ environment: 'dev-1', service: 'cart' })).toBe(true);
    expect(may({ environment: 'production', service: 'cart' })).toBe(false);
    expect(may({ environment: 'staging' })).toBe(false);
    expect(may({ service: 'cart' })).toBe(false);
    expect(may({ environment: 'staging', service: 'cart' }, '=~')).toBe(false);
    expect(mayBeSilencedBy(undefined, [])).toBe(true);
    expect(mayBeSilencedBy({ services: ['cart'] }, [{ label: 'service', is: '=', value: 'cart' }])).toBe(
      true,
    );
  });

  test('is read strictly', () => {
    const { matchers, schedule } = silence;
    const given = { kind: 'silence', matchers, schedule, reason: 'x' };
    expect(termsSchema.parse(given)).toMatchObject({
      silences: ['notifications', 'incidents', 'actions'],
      ticket: null,
    });
    for (const wrong of [
      { silences: [] },
      { silences: ['actions', 'actions'] },
      { matchers: [] },
      { more: 1 },
      { reason: '' },
    ])
      expect(termsSchema.safeParse({ ...given, ...wrong }).success).toBe(false);
    expect(termsSchema.safeParse({ ...given, schedule: { ...weekly, days: ['sat', 'sat'] } }).success).toBe(
      false,
    );
    expect(termsSchema.safeParse({ ...given, schedule: { ...weekly, at: '24:00' } }).success).toBe(false);
  });
});
