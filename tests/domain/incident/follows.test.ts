/** What comes back soon says so, also once its cause is known. */
import { expect, test } from 'vitest';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { againText } from '../../../domain/incident/follows.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import { commands, opened } from './commands.ts';

const minuteMs = 60_000;
const follows = { incidentId: 'incident/production/orders/8dad9283/1', times: 3, sinceMs: 0 };

test.each([
  [2, 1_000, ' (again, 2nd time in 1 min)'],
  [3, 40 * minuteMs, ' (again, 3rd time in 40 min)'],
  [11, 119 * minuteMs, ' (again, 11th time in 119 min)'],
  [21, 180 * minuteMs, ' (again, 21st time in 3 h)'],
])('the %ith time, after %i ms', (times, atMs, text) => {
  expect(againText({ ...follows, times }, atMs)).toBe(text);
});

test('the first time says nothing', () => {
  expect(againText(undefined, minuteMs)).toBe('');
});

test('the incident keeps which one it follows, and its title keeps counting when the cause is known', () => {
  const at = { atMs: 40 * minuteMs };
  const again = { seq: 1, ...at, ...opened, follows } as IncidentEvent;
  const scope = { environment: 'test', service: 'orders' };
  const cause = {
    cause: 'bad-release',
    scope,
    score: 1,
    reason: '',
    evidenceFor: [],
    evidenceAgainst: [],
  } as const;
  const diagnosis = {
    hypotheses: [cause],
    inconclusive: false,
    reason: '',
    missing: [],
    method: 'statistical',
  } as const;
  const known = fold(
    [
      again,
      { seq: 2, ...at, ...commands.observe('a', 'critical', 0) },
      { seq: 3, ...at, type: 'diagnosed', attempt: 1, diagnosis },
    ],
    'incident/2',
  );
  expect(known?.follows).toEqual(follows);
  expect(known?.title).toMatch(/^orders: .+ since its new release \(again, 3rd time in 40 min\)$/);
  expect(narrate(again)).toContain('; it follows production.orders.8dad9283-1');
});
