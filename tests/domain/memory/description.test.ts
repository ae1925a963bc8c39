import { expect, test } from 'vitest';
import { areOpposed, descriptionOf } from '../../../domain/memory/description.ts';

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
  ['high error rate on it', 'high latency of it', false],
  ['error rate is above usual', 'error rate is high', false],
  ['fewer replicas, more errors', 'more errors', false],
])('opposites: "%s" and "%s": %s', (one, other, opposed) => {
  expect(areOpposed(one, other)).toBe(opposed);
  expect(areOpposed(other, one)).toBe(opposed);
});
