import { expect, test } from 'vitest';
import { slowestFiles, summarise } from '../../scripts/test-summary.ts';

const file = (status: string, ...tests: [string, string][]) => ({
  name: 'a.test.ts',
  status,
  startTime: 0,
  endTime: 1_000,
  assertionResults: tests.map(([testStatus, fullName]) => ({ status: testStatus, fullName })),
});

test('counts what passed and failed, and names what was skipped', () => {
  const testResults = [
    file('passed', ['passed', 'a'], ['skipped', ' Postgres (needs postgres) b']),
    file('failed', ['failed', 'c'], ['passed', 'd']),
  ];
  expect(summarise({ testResults }, 1)).toEqual({
    passed: 2,
    failed: 1,
    skipped: ['Postgres (needs postgres) b'],
  });
});

test('a file that cannot be loaded is a failure', () => {
  expect(summarise({ testResults: [file('failed'), file('passed', ['passed', 'a'])] }, 1).failed).toBe(1);
});

test('an error outside every test is a failure', () => {
  expect(summarise({ testResults: [file('passed', ['passed', 'a'])] }, 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
});

test('no report is a failure', () => {
  expect(summarise(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: [] });
});

test('no test at all is a failure, also when everything is skipped and nothing complains', () => {
  expect(summarise({ testResults: [] }, 0)).toMatchObject({ passed: 0, failed: 1 });
  expect(summarise({ testResults: [file('passed', ['skipped', 'a'])] }, 0)).toMatchObject({ failed: 1 });
});

test('the slowest files of all runs are named, the longest first', () => {
  const took = (name: string, endTime: number) => ({ ...file('passed'), name, endTime });
  const reports = [
    { testResults: [took('a', 1_400), took('b', 90_000)] },
    { testResults: [took('c', 3_000)] },
  ];
  expect(slowestFiles(reports, 2)).toEqual([
    { name: 'b', seconds: 90 },
    { name: 'c', seconds: 3 },
  ]);
  expect(slowestFiles([undefined], 2)).toEqual([]);
});
