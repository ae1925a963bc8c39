import { describe, expect, test } from 'vitest';
import {
  type AlertReport,
  type KnownAlert,
  type Occurrence,
  occurrenceOf,
} from '../../../domain/correlation/occurrence.ts';

const nowMs = 1_000_000_000;
const minuteMs = 60_000;
type Told = Partial<AlertReport> & { readonly state: AlertReport['state']; readonly afterMs?: number };
const fires = (startsAtMs: number | null = null, more: Partial<Told> = {}): Told => ({
  state: 'firing',
  startsAtMs,
  ...more,
});
const ends = (startsAtMs: number | null, endsAtMs: number | null, more: Partial<Told> = {}): Told => ({
  state: 'resolved',
  startsAtMs,
  endsAtMs,
  ...more,
});

const changes = { tellsChanges: true };

/** What each report means, when they come one after the other, a minute apart. */
function tell(...reports: readonly Told[]): readonly Occurrence[] {
  let known: KnownAlert | null = null;
  let atMs = nowMs;
  return reports.map(({ afterMs = minuteMs, ...report }) => {
    atMs += afterMs;
    const told = occurrenceOf(
      known,
      { key: 'k', startsAtMs: null, endsAtMs: null, once: false, place: null, ...report },
      atMs,
    );
    known = told.alert;
    return told;
  });
}
const kinds = (...reports: readonly Told[]) => tell(...reports).map(({ kind }) => kind);
const last = (...reports: readonly Told[]) => tell(...reports).at(-1)?.alert;

describe('occurrences of an alert', () => {
  test.each<[string, readonly Told[], readonly Occurrence['kind'][]]>([
    ['the same start again, after its end', [fires(1), ends(1, 5), fires(1)], ['begins', 'ends', 'begins']],
    [
      'an id that is used again, without any instant',
      [fires(), ends(null, null), fires()],
      ['begins', 'ends', 'begins'],
    ],
    ['repetitions of one that fires', [fires(1), fires(1), fires(1)], ['begins', 'repeat', 'repeat']],
    ['repetitions of an end', [fires(1), ends(1, 5), ends(1, 5)], ['begins', 'ends', 'repeat']],
    ['resolved with another start', [fires(10), ends(7, 20)], ['begins', 'ends']],
    ['resolved with a later start', [fires(10), ends(12, 20)], ['begins', 'ends']],
    [
      'Prometheus restarted: a new start, nothing ended',
      [fires(1), fires(8), ends(8, 9)],
      ['begins', 'repeat', 'ends'],
    ],
    [
      'the end of an earlier occurrence, told late',
      [fires(1), ends(1, 5), fires(9), ends(1, 5)],
      ['begins', 'ends', 'begins', 'late'],
    ],
    ['an end that was lost, then told late', [fires(1), fires(9), ends(1, 5)], ['begins', 'repeat', 'late']],
    ['an end alone', [ends(1, 5)], ['ends']],
    ['an end that overtook its beginning', [ends(1, 5), fires(1, { afterMs: 1_000 })], ['ends', 'late']],
    [
      'an end that overtook its beginning, starts unknown',
      [ends(null, 5), fires(1, { afterMs: 1_000 })],
      ['ends', 'late'],
    ],
    [
      'an end that was all that was heard, and it fires again later',
      [ends(1, 5), fires(1, { afterMs: 10 * minuteMs })],
      ['ends', 'begins'],
    ],
    [
      'overtaken once only: told again, it fires',
      [ends(1, 5), fires(1, { afterMs: 1_000 }), fires(1)],
      ['ends', 'late', 'begins'],
    ],
    [
      'a new start right after an end that came alone',
      [ends(1, 5), fires(6, { afterMs: 1_000 })],
      ['ends', 'begins'],
    ],
    [
      'an id of one message alone, delivered twice',
      [fires(1, { once: true }), ends(1, 5), fires(1, { once: true })],
      ['begins', 'ends', 'late'],
    ],
    [
      'a sender of changes delivers one again, after its end',
      [fires(1, changes), ends(null, 5, changes), fires(1, changes), fires(6, changes)],
      ['begins', 'ends', 'late', 'begins'],
    ],
    [
      'a sender of changes delivers an end again, when it fires once more',
      [
        fires(1, changes),
        ends(null, 5, changes),
        fires(9, changes),
        ends(null, 5, changes),
        ends(null, 12, changes),
      ],
      ['begins', 'ends', 'begins', 'late', 'ends'],
    ],
    [
      'the end of a sender of changes is hours before its beginning',
      [ends(null, 5, changes), fires(1, { ...changes, afterMs: 100 * minuteMs })],
      ['ends', 'late'],
    ],
  ])('%s', (_what, reports, expected) => {
    expect(kinds(...reports)).toEqual(expected);
  });

  test('each is counted', () => {
    expect(last(fires(1), ends(1, 5), fires(1))).toMatchObject({ occurrence: 2, state: 'firing' });
    expect(last(fires(1), fires(1))).toMatchObject({ occurrence: 1, state: 'firing' });
    expect(last(fires(1), ends(1, 5), fires(9), ends(1, 5))).toMatchObject({
      occurrence: 2,
      state: 'firing',
    });
  });

  test('a stream that is read again after a crash tells nothing new', () => {
    const at = (position: number, stream = 'alerts 0') => ({ place: { stream, position } });
    const first = [fires(1, at(10)), ends(1, 5, at(11))];
    expect(kinds(...first, ...first)).toEqual(['begins', 'ends', 'repeat', 'repeat']);
    expect(last(...first, ...first)).toMatchObject({ occurrence: 1, state: 'resolved' });
    expect(kinds(...first, fires(1, at(12)))).toEqual(['begins', 'ends', 'begins']);
    expect(kinds(...first, fires(1, at(3, 'alerts 1')))).toEqual(['begins', 'ends', 'begins']);
  });
});
