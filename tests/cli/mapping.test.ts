/** `sentinel mapping test`, on files as a user has them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { here } from './run-sentinel.ts';

let folder: string;
const at = (name: string) => path.join(folder, name);
const write = (name: string, text: string) => writeFileSync(at(name), text);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-mapping-'));
  const custom = [{ name: 'checks', mapping: '{ "id": id, "service": app, "title": text, "at": since }' }];
  write('sentinel.yaml', JSON.stringify({ ingest: { custom } }));
  write(
    'sample.json',
    '{"id":"1","app":"orders","text":"slow \\u001b[31m","since":"2026-01-31T09:30:00+01:00"}',
  );
  write('bad.json', '{"id":"1","app":"orders"}');
  write('list.jsonata', '[{"service": app, "title": "a"}, {"service": "", "title": "b"}]');
  write('broken.jsonata', '{\n  "service": app +\n}');
  write('late.jsonata', '$uppercase(1)');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: readonly string[]) => here(['mapping', 'test', ...args], { cwd: folder });

test('prints the event as it would be taken', async () => {
  const { code, stdout } = await run('checks', at('sample.json'), '--config', at('sentinel.yaml'));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'alert',
    service: 'orders',
    title: 'slow',
    at: '2026-01-31T08:30:00.000Z',
  });
});

test.each([
  [['--file', 'broken.jsonata', 'sample.json'], 'does not compile', 'line 3, column 1'],
  [['--file', 'late.jsonata', 'sample.json'], 'the mapping fails', 'line 1, column 11'],
  [['--file', 'list.jsonata', 'sample.json'], '[1].service: must not be empty', '"title": "b"'],
  [['checks', 'bad.json'], 'title:', 'orders'],
  [['nobody', 'sample.json'], 'no webhook nobody', 'It has checks.'],
  [['--file', 'list.jsonata', 'list.jsonata'], 'is not JSON', 'list.jsonata'],
  [['--file', 'none.jsonata', 'sample.json'], 'cannot be read', 'none.jsonata'],
  [['sample.json'], 'name a webhook', ''],
])('%j says where it fails', async (args, ...expected) => {
  const files = args.map((one) => (/\.json/.test(one) ? at(one) : one));
  const { code, stdout, stderr } = await run(...files, '--config', at('sentinel.yaml'));
  expect(code).not.toBe(0);
  for (const text of expected) expect(stdout + stderr).toContain(text);
});

test('in JSON, too', async () => {
  const { stdout } = await run('--json', '--file', at('list.jsonata'), at('sample.json'));
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [expect.stringContaining('[1].service')] });
});
