import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLogText, readLogValue } from '../../../domain/log/words.ts';

describe('what a record says', () => {
  test.each<[string, unknown, string]>([
    [
      'pino, zap',
      { level: 'error', msg: 'database connection refused', trace: 'abc1' },
      'database connection refused',
    ],
    ['the same fields, another order', { trace: 'x', time: 5, message: 'disk is full' }, 'disk is full'],
    ['keys in capitals', { Level: 'Error', Message: 'disk is full' }, 'disk is full'],
    ['structlog', { event: 'payment declined', level: 'error' }, 'payment declined'],
    ['GELF', { version: '1.1', short_message: 'no route', level: 3 }, 'no route'],
    ['Serilog', { '@t': '2030', '@m': 'order 7 failed', '@mt': 'order {Id} failed' }, 'order 7 failed'],
    ['a Rust subscriber', { level: 'ERROR', fields: { message: 'pool is empty' } }, 'pool is empty'],
    [
      'Elastic, where event and log are objects',
      { log: { level: 'error' }, event: { kind: 'x' }, message: 'm' },
      'm',
    ],
    [
      'Cloud Logging',
      { severity: 'ERROR', jsonPayload: { message: 'quota is used up' } },
      'quota is used up',
    ],
    [
      'Docker around JSON',
      { log: '{"level":"error","msg":"heap is full"}\n', stream: 'stderr' },
      'heap is full',
    ],
    [
      'an error alone',
      { level: 'error', error: { type: 'TypeError', message: 'x is undefined' } },
      'TypeError: x is undefined',
    ],
    [
      'dotted error fields',
      { 'error.type': 'Timeout', 'error.message': 'bank is slow' },
      'Timeout: bank is slow',
    ],
    ['error as text', { level: 'error', error: 'EOF' }, 'EOF'],
    ['an empty message beside an error', { msg: '', err: 'EOF' }, 'EOF'],
    ['a list', ['first', { message: 'second' }, 3], 'first second 3'],
    ['no message at all', { action: 'login', user: 7, ok: false }, 'action=login user=7 ok=false'],
  ])('%s', (_, record, text) => {
    expect(readLogValue(record).text).toBe(text);
    expect(readLogText(JSON.stringify(record)).text).toBe(text);
  });

  test.each([
    ['plain text', 'cannot reach bank', 'cannot reach bank'],
    ['text with brackets', 'retry [3] of {5}', 'retry [3] of {5}'],
    ['a prefix', '2030-01-02 ERROR {"msg":"no disk"}', '2030-01-02 ERROR no disk'],
    ['a prefix in brackets', '[error] {"msg":"no disk"}', '[error] no disk'],
    ['what a container runtime adds', '2030-01-02T03:04:05.1Z stderr F {"msg":"no disk"}', 'no disk'],
    ['logfmt', 'ts=5 level=error msg="database \\"orders\\" is away" n=3', 'database "orders" is away'],
    ['logfmt of one word', 'level=error err=EOF', 'EOF'],
    ['JSON that was cut off', '{"level":"error","msg":"heap is \\"full\\"","stack":"at ma', 'heap is "full"'],
    ['colours', '\u001b[31mno disk\u001b[0m', 'no disk'],
    ['colours inside of JSON', '{"msg":"\\u001b[31mno disk\\u001b[0m"}', 'no disk'],
    ['colours that were written down', '#033[31mno disk#033[0m \\x1b[1mleft', 'no disk left'],
  ])('%s', (_, line, text) => {
    expect(readLogText(line).text).toBe(text);
  });

  test('hostile text ends in text, and quickly', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constant('{"msg":"'.repeat(5_000))), (line) => {
        expect(typeof readLogText(line).text).toBe('string');
      }),
    );
    const deep = `${'{"msg":'.repeat(2_000)}1${'}'.repeat(2_000)}`;
    expect(readLogText(deep).text).toContain('msg=');
    expect(readLogText('{"__proto__":{"message":"m"}}').text).toBe('__proto__=…');
  });
});

describe('how bad it is, when the record says so itself', () => {
  test.each<[unknown, number | null]>([
    [{ level: 'error', msg: 'm' }, 17],
    [{ level: 50, msg: 'm' }, 17],
    [{ level: '40', msg: 'm' }, 13],
    [{ level: 3, short_message: 'm' }, 17],
    [{ severity: 'CRITICAL', message: 'm' }, 21],
    [{ '@l': 'Warning', '@m': 'm' }, 13],
    [{ log: { level: 'debug' }, message: 'm' }, 5],
    [{ log: '{"level":"fatal","msg":"m"}' }, 21],
    [{ msg: 'm' }, null],
    [{ level: 'main', msg: 'm' }, null],
  ])('%j', (record, severityNumber) => {
    expect(readLogValue(record).severityNumber).toBe(severityNumber);
  });

  test.each([
    ['2030-01-02 03:04:05 ERROR no disk', 17],
    ['[warn] no disk', 13],
    ['level=error msg="no disk"', 17],
    ['CRITICAL:root:no disk', 21],
    ['errors are fine here', null],
    ['GET /errors INFORMATION', null],
  ])('%s', (line, severityNumber) => {
    expect(readLogText(line).severityNumber).toBe(severityNumber);
  });
});
