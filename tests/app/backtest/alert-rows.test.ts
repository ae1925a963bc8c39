/** Alerts as people export them: who they are about is found in whatever the file calls it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AlertColumns, alertsOf } from '../../../app/backtest/alert-rows.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-alerts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function read(text: string, columns: AlertColumns = { time: null, value: null }) {
  const file = path.join(folder, 'alerts.txt');
  writeFileSync(file, text);
  return alertsOf(file, columns);
}
const atMs = Date.UTC(2026, 2, 1, 12);
const labels = { alertname: 'HighErrorRate', service: 'cart', node: 'n1', env: 'prod' };
const asSent = { labels, annotations: { summary: 'cart fails' }, startsAt: '2026-03-01T12:00:00Z' };
const ofCart = {
  ...{ atMs, name: 'HighErrorRate', service: 'cart', environment: 'prod' },
  common: { rule: 'HighErrorRate', node: 'n1' },
};

test.each([
  ['CSV', 'startsAt,alertname,service,node,env\n2026-03-01T12:00:00Z,HighErrorRate,cart,n1,prod\n'],
  ['an array', JSON.stringify([asSent])],
  ['one a line', `${JSON.stringify(asSent)}\n`],
  ['a webhook', JSON.stringify({ version: '4', alerts: [asSent] })],
  ['plain objects', JSON.stringify([{ ...labels, time: atMs / 1_000 }])],
])('%s', async (_, text) => {
  expect(await read(text)).toEqual([ofCart]);
});

test('what names only a machine has no service; columns of other names are given', async () => {
  const text = 'seen,what,host\n1772366400,disk full,db-1\n';
  expect(await read(text, { time: 'Seen', value: 'what' })).toEqual([
    { atMs, name: 'disk full', service: null, environment: '', common: { node: 'db-1' } },
  ]);
});

test.each([
  ['name,host\nx,y\n', 'line 2 has no time: name its column with --time'],
  ['time,name\nsoon,x\n', 'line 2: "soon" is no instant'],
  ['[1]', 'alert 1 is no object'],
  ['{"time":1}\n{', 'line 2 is not JSON'],
])('%j says what is wrong', async (text, reason) => {
  await expect(read(text)).rejects.toThrow(reason);
});
