/** Log templates that turn out to be one: what was usual for each is usual for all of them together, and more than that is not. */
import { expect, test } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../domain/detection/engine.ts';
import type { LogRecord } from '../../../domain/observation.ts';
import { environment, startMs } from './simulation.ts';

const secondMs = 1_000;
const names = ['ada', 'bob', 'cyd', 'dan'];

function failedLogin(second: number, place: number, name: string): LogRecord {
  return {
    kind: 'log',
    scope: { environment, service: 'accounts', resourceId: 'accounts-1' },
    atMs: startMs + second * secondMs + place * 10,
    severityNumber: 17,
    body: `login for ${name} has failed`,
    attributes: {},
  };
}

/** Each of four people fails twice a second for five minutes; then a fifth comes, and from `rises` on there are ten times as many. */
function found(rises: number): readonly string[] {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const summaries: string[] = [];
  for (let second = 0; second < 400; second += 1) {
    const people = second < 300 ? names : [...names, 'eve'];
    const each = second < rises ? 2 : 20;
    const records = people.flatMap((name, person) =>
      Array.from({ length: each }, (_, place) => failedLogin(second, person * each + place, name)),
    );
    const output = engine.observe(records, startMs + (second + 1) * secondMs);
    summaries.push(...output.anomalies.map(({ summary }) => summary));
  }
  return summaries;
}

test('is no news', () => {
  expect(found(400)).toEqual([]);
});

test('and a rise afterwards is found', () => {
  expect(found(350)).toEqual([expect.stringContaining('error records of log template')]);
});
