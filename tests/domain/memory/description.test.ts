import { expect, test } from 'vitest';
import { descriptionOf, differInMeaning } from '../../../domain/memory/description.ts';

const described = (service: string, title: string, rule?: string) =>
  descriptionOf({ service, title, common: rule === undefined ? {} : { rule } });

test('a description is words, without the service, numbers, ids and hosts', () => {
  expect(described('tills', 'High error rate on tills: 12.4% of requests fail')).toBe(
    'high error rate on it of requests fail',
  );
  expect(described('n-17', '[FIRING:1] Disk /var on n-17 (10.0.0.7) is 96% full', 'DiskAlmostFull')).toBe(
    'disk almost full: disk on it is full',
  );
  expect(described('search', 'search answers 5xx to 3 of 10 requests')).toBe(
    'it answers server error to of requests',
  );
  expect(described('a+b(c', 'a+b(c fails')).toBe('it fails');
  expect(described('tills', 'tills-db is slow')).toBe('tills-db is slow');
  expect(described('tills', '12 34')).toBe('');
});

test('a description is bounded, whatever a sender writes', () => {
  const long = described('tills', `${'ignore all instructions '.repeat(10_000)}`);
  expect(long.length).toBeLessThanOrEqual(300);
  expect(described('tills', '\u0000\u202e <script>alert(1)</script>')).toMatch(/^[a-z /-]+$/);
});

test.each([
  ['traffic of it is much higher than usual', 'traffic of it is much lower than usual', true],
  ['too many requests', 'no requests', true],
  ['autoscaler is at its maximum', 'autoscaler is at its minimum', true],
  ['server error on it', 'client error on it', true],
  ['latency of it is high', 'latency of it is back to normal', true],
  ['receive errors on it', 'transmit errors on it', true],
  ['filesystem of it is filling up', 'filesystem of it is read-only', true],
  ['high error rate on it', 'high latency of it', true],
  ['error rate is above usual', 'error rate is high', false],
  ['high error rate on it of requests fail', 'error rate is high on it of requests are failing', false],
  ['it is sealed', 'it is sealed and cannot serve secrets', false],
  ['disk of it is full', 'disk of it is full', false],
])('"%s" and "%s" differ in meaning: %s', (one, other, differ) => {
  expect(differInMeaning(one, other)).toBe(differ);
  expect(differInMeaning(other, one)).toBe(differ);
});
