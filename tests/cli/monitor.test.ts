// `sentinel monitor permissions`: the least rights that reading takes, as text to hand to whoever grants them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { here } from './run-sentinel.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-monitor-'));
  const ingest = [
    'cloudwatch: [{ name: main, account: "123456789012", region: eu-west-1, logs: [{ group: /ecs/orders, service: orders }] }]',
    'loki: [{ name: main, url: "http://127.0.0.1:3100" }]',
  ];
  writeFileSync(path.join(folder, 'sentinel.yaml'), `ingest:\n${ingest.map((one) => `  ${one}\n`).join('')}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const permissions = (...args: string[]) => here(['monitor', 'permissions', ...args], { cwd: folder });

test('prints the policy that exactly the configuration needs', async () => {
  const { code, stdout } = await permissions('cloudwatch/main');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    Statement: [{ Action: ['cloudwatch:DescribeAlarms'] }, { Action: ['logs:FilterLogEvents'] }],
  });
  const { stdout: json } = await permissions('cloudwatch/main', '--json');
  expect(JSON.parse(json)).toMatchObject({ monitor: 'cloudwatch/main' });
});

test.each([
  ['nobody', 'There is no monitor "nobody". Configured: cloudwatch/main, loki/main.'],
  ['loki/main', 'loki/main needs no rights of its own.'],
])('%s is a usage error', async (name, words) => {
  expect(await permissions(name)).toMatchObject({ code: 2, stderr: `${words}\n` });
});
