import { expect, test } from 'vitest';
import { defaultSeverityWords, severityOf } from '../../../domain/alerts/severity-words.ts';

const words = (text: string): readonly string[] => text.split(' | ');

test.each([
  ...words(
    'P0 | P1 | SEV_1 | sev-0 | sev1 | S1 | 1 | major | Disaster | urgent | blocker | emerg | alert | high | page',
  ),
  ...words(
    'critical | fatal | CRIT | Sev 1 | priority-1 | prio1 | Severity 0 | 0 | panic | error | p01 | SEVERITY_1',
  ),
  ...words('1 - Critical | P1 - Critical | critical (P1) | 🔴 critical | 5: fatal'),
])('%s is critical', (word) => {
  expect(severityOf(word)).toBe('critical');
});

test.each(
  words(
    'P2 | p3 | SEV-2 | sev3 | S2 | 2 | 3 | warning | Warn | medium | Average | minor | moderate | 2 - Medium',
  ),
)('%s is a warning', (word) => {
  expect(severityOf(word)).toBe('warning');
});

test.each(
  words('P4 | sev5 | S4 | 4 | info | Information | notice | low | none | Not classified | debug | 5 - Low'),
)('%s is information', (word) => {
  expect(severityOf(word)).toBe('info');
});

test.each(['', ' ', 'purple', 'p', 'p12', 'highlander', 'sev', '__proto__', 'constructor'])(
  'what nobody knows is a warning: %j',
  (word) => {
    expect(severityOf(word)).toBe('warning');
  },
);

test('words of the configuration come first: Zabbix counts upwards', () => {
  const zabbix = { ...defaultSeverityWords, critical: ['5', '4'], warning: ['3', '2'], info: ['1', '0'] };
  expect([5, 4, 3, 2, 1, 0].map((level) => severityOf(String(level), zabbix))).toEqual([
    ...['critical', 'critical', 'warning', 'warning', 'info', 'info'],
  ]);
  const own = { ...defaultSeverityWords, critical: ['Wake-Somebody'] };
  expect(severityOf('wake somebody', own)).toBe('critical');
});
