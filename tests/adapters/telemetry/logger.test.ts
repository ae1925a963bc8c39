// One JSON object per line, with ids, without secrets.

import { expect, test } from 'vitest';
import { createLogger, redactedLine } from '../../../adapters/telemetry/logger.ts';
import type { Logger } from '../../../api/ports/logger.ts';

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

/** Where a secret may stand in a line, each with one that is not the others'. */
const places: Readonly<Record<string, (log: Logger, secret: string) => void>> = {
  'a message': (log, secret) => log.warn({}, `cannot connect to postgres://app:${secret}@db.internal/app`),
  'an error': (log, secret) =>
    log.error({ err: new Error(`GET https://api.example.com/v1?access_token=${secret} failed`) }, 'x'),
  'the cause of an error': (log, secret) =>
    log.error({ err: new Error('x', { cause: new Error(`password=${secret}`) }) }, 'x'),
  'a field by its name': (log, secret) => log.info({ db: { connection: { dbPassword: secret } } }, 'x'),
  'a deep field': (log, secret) =>
    log.info({ a: { b: { c: [{ d: `Authorization: Bearer ${secret}` }] } } }, 'x'),
  'a binding': (log, secret) => log.child({ url: `redis://:${secret}@cache:6379` }).info({}, 'x'),
};

test.each(Object.entries(places))('a secret in %s is not written, and the line is', (_where, write) => {
  const { lines, log } = recording();
  const secret = 'hunter2Zk9vQ4mXw7Lr';
  write(log, secret);
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(JSON.stringify(lines)).toContain('[redacted]');
});

test('ids of our own stay as they are', () => {
  const { lines, log } = recording();
  const ids = {
    requestId: '0190a2b4-7c1e-7aa0-9f3e-2f6b1c9d8e77',
    keyId: '4f2a1c9d0e11',
    incidentId: 'incident/production/payments/8dad9283/1',
    planHash: 'ab12'.repeat(16),
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    inputTokens: 900,
  };
  log.info(ids, 'request');
  expect(lines[0]).toMatchObject(ids);
});

test('what cannot be looked at is left out, and said', () => {
  expect(redactedLine('{"message":"hunter2')).toContain('left out');
  expect(redactedLine('{"message":"hunter2')).not.toContain('hunter2');
});
