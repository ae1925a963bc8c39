import { expect, test } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Diagnosis, Hypothesis } from '../../../domain/diagnosis/diagnosis.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { incidentTitle, symptomText, titleOfCause } from '../../../domain/incident/title.ts';
import { anomaly } from '../../support/incident-examples.ts';
import { opened } from './commands.ts';

const alert = (title: string, service = 'checkout'): Anomaly =>
  anomaly('a', { detector: 'external', signal: 'reported', scope: { environment: 'p', service }, title });

test.each([
  ['12 % of payments fail', 'checkout: 12 % of payments fail'],
  ['Checkout is down', 'Checkout is down'],
  ['🔥 支払い # 100 %?', 'checkout: 🔥 支払い # 100 %?'],
  ['a\u202eb\nc\u0007', 'checkout: a b c'],
  ['', 'checkout: reported alert'],
  ['x'.repeat(500), `checkout: ${'x'.repeat(159)}…`],
])('an alert is told in its own words: %j', (title, expected) => {
  expect(incidentTitle(alert(title))).toBe(expected);
});

test('a log is told in its own words', () => {
  const log = anomaly('l', { detector: 'log-template', signal: 'logs', title: 'could not reach ledger:<n>' });
  expect(incidentTitle(log)).toBe('orders: could not reach ledger:<n>');
  const summary = '9 error records of log template 340431ab of orders in 10 s, usually 0';
  expect(symptomText({ ...log, summary })).toBe(`${summary}: “could not reach ledger:<n>”`);
  expect(symptomText({ ...log, summary, title: 'a\u202eb\nc' })).toBe(`${summary}: “a b c”`);
  expect(symptomText(anomaly('e', { summary, title: 'not a log' }))).toBe(summary);
});

const because = (best: Partial<Hypothesis>, more: Partial<Diagnosis> = {}): Diagnosis => ({
  hypotheses: [
    {
      cause: 'bad-release',
      scope: { environment: 'test', service: 'orders' },
      score: 0.9,
      reason: 'r',
      evidenceFor: [],
      evidenceAgainst: [],
      ...best,
    },
  ],
  inconclusive: false,
  reason: 'r',
  missing: [],
  method: 'statistical',
  ...more,
});
test('an incident takes the title of its cause', () => {
  const events = [
    opened,
    { type: 'anomaly-observed', anomaly: anomaly('e', { seen: 0.571 }) },
    { type: 'diagnosed', attempt: 1, diagnosis: because({ change: 'v3' }) },
  ] as const;
  const state = fold(
    events.map((event, index) => ({ seq: index + 1, atMs: index, ...event })),
    'incident/1',
  );
  expect(state?.title).toBe('orders: 57 % of requests fail since release v3');
});

const failing = anomaly('e', { seen: 0.571 });

test.each<[string, Diagnosis, readonly Anomaly[], string | null]>([
  ['a release', because({ change: 'v3' }), [failing], 'orders: 57 % of requests fail since release v3'],
  ['one without a name', because({}), [failing], 'orders: 57 % of requests fail since its new release'],
  [
    'a configuration',
    because({ cause: 'bad-config', change: 'c7' }),
    [failing],
    'orders: 57 % of requests fail since configuration c7',
  ],
  [
    'slow requests',
    because({ cause: 'cpu-burn' }),
    [anomaly('l', { signal: 'latency', seen: 1_200, expected: 30 })],
    'orders: requests take 1200 ms instead of 30 ms (cpu burn)',
  ],
  [
    'seen elsewhere',
    because({ scope: { environment: 'test', service: 'ledger' }, cause: 'crash' }),
    [failing],
    'ledger: 57 % of requests fail (crash)',
  ],
  ['nothing certain', because({}, { inconclusive: true }), [failing], null],
  ['a report alone', because({ cause: 'reported' }), [failing], null],
  ['nothing seen of it', because({}), [], null],
])('the cause is known: %s', (_what, diagnosis, anomalies, title) => {
  expect(titleOfCause(diagnosis, anomalies)).toBe(title);
});
