// One JSON object per line, with ids, without secrets.

import { expect, test } from 'vitest';
import { createLogger } from '../../../adapters/telemetry/logger.ts';
import type { Logger } from '../../../api/ports.ts';

function recording(level: 'debug' | 'info' | 'silent' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log: Logger = createLogger({ level, stream, role: 'api' });
  return { lines, log };
}

test('a line has time, level, message, role and the ids of its children', () => {
  const { lines, log } = recording();
  log.child({ requestId: 'r1' }).child({ incidentId: 'incident/ab/1' }).warn({ seconds: 1 }, 'slow');
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'sentinel',
      role: 'api',
      requestId: 'r1',
      incidentId: 'incident/ab/1',
      seconds: 1,
      message: 'slow',
    },
  ]);
});

test('errors are written with type, message and stack', () => {
  const { lines, log } = recording();
  log.error({ err: new TypeError('no') }, 'failed');
  expect(lines[0]).toMatchObject({
    err: { type: 'TypeError', message: 'no', stack: expect.stringContaining('logger.test') },
  });
});

test('fields that hold secrets are cut out', () => {
  const { lines, log } = recording();
  log.info({ apiKey: 'hunter2', headers: { authorization: 'Bearer hunter2' } }, 'x');
  log.child({ token: 'hunter2' }).info({}, 'y');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

test('the level decides what is written', () => {
  const quiet = recording('silent');
  quiet.log.error({}, 'x');
  expect(quiet.lines).toEqual([]);
  const loud = recording('debug');
  loud.log.debug({}, 'x');
  expect(loud.lines).toHaveLength(1);
});
