// Addresses that give something away are refused or said.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig, parseSettings } from '../../config/load.ts';
import { configWarnings } from '../../config/warnings.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-addresses-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const warningsOf = (text: string, env: Record<string, string> = {}) => {
  writeFileSync(path.join(folder, 'sentinel.yaml'), text);
  const loaded = loadConfig({ env, cwd: folder });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
  return configWarnings(loaded.config).map((warning) => warning.path);
};

describe('an address of a metadata service is refused, with its line', () => {
  test.each([
    [
      'notifiers[0].url',
      'notifiers:\n  - { type: webhook, name: a,\n      url: "http://169.254.169.254/latest" }',
      3,
    ],
    [
      'notifiers[0].url',
      'notifiers:\n  - type: pagerduty\n    name: a\n    url: http://metadata.google.internal',
      4,
    ],
    [
      'notifiers[0].host',
      'notifiers:\n  - type: email\n    name: a\n    host: 169.254.169.254\n    from: a@b.example\n    to: [c@d.example]',
      4,
    ],
    ['clickhouse.url', 'clickhouse:\n  url: http://[fd00:ec2::254]:8123', 2],
    ['temporal.address', 'temporal:\n  address: 169.254.170.2:7233', 2],
    ['kafka.brokers[0]', 'kafka:\n  brokers: ["169.254.169.254:9092"]', 2],
  ])('%s', (where, text, line) => {
    const parsed = parseSettings(text, 'sentinel.yaml');
    expect(parsed).toMatchObject({
      ok: false,
      problems: [{ path: where, line, message: expect.stringContaining('cloud metadata address') }],
    });
  });
});

describe('credentials in clear text are said', () => {
  test.each([
    [
      'clickhouse.url',
      'clickhouse: { url: "http://clickhouse.internal:8123" }',
      { SENTINEL_CLICKHOUSE_PASSWORD: 'p' },
    ],
    ['server.publicUrl', 'server: { publicUrl: "http://sentinel.example.com" }', {}],
    ['notifiers[0].url', 'notifiers: [{ type: webhook, name: a, url: "http://hooks.example.com/x" }]', {}],
    [
      'notifiers[0].tls',
      'notifiers: [{ type: email, name: a, host: mail.example.com, tls: none, username: u, from: a@b.example, to: [c@d.example] }]',
      { SENTINEL_NOTIFIER_A: 'p' },
    ],
  ])('%s', (where, text, env) => {
    expect(warningsOf(text, env as Record<string, string>)).toContain(where);
  });

  test.each([
    ['clickhouse: { url: "https://clickhouse.internal:8443" }', { SENTINEL_CLICKHOUSE_PASSWORD: 'p' }],
    ['clickhouse: { url: "http://localhost:8123" }', { SENTINEL_CLICKHOUSE_PASSWORD: 'p' }],
    ['server: { publicUrl: "http://127.0.0.1:4500" }', {}],
    ['notifiers: [{ type: webhook, name: a, url: "https://hooks.example.com/x" }]', {}],
    ['', {}],
  ])('and nothing is said of %s', (text, env) => {
    expect(warningsOf(text, env as Record<string, string>)).toEqual([]);
  });
});
