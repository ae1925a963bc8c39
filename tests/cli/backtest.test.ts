/** `sentinel backtest` on files as a user has them: what it writes, and what it says of what it cannot read. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { here, sentinel } from './run-sentinel.ts';

let folder: string;
const at = (...parts: string[]) => path.join(folder, ...parts);
const table = (file: string) => parse(readFileSync(file), { columns: true }) as Record<string, string>[];

/** Every five minutes around 100, with one row that holds no value, and one far outside. */
function writeRequests(file: string): void {
  const rows = Array.from({ length: 600 }, (_, row) => {
    const time = new Date(Date.UTC(2026, 2, 1) + row * 300_000).toISOString().slice(0, 19).replace('T', ' ');
    const value = row === 10 ? '' : row === 500 ? '900' : String(100 + ((row * 7919) % 13));
    return `${time},${value}`;
  });
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, ['timestamp,value', ...rows, ''].join('\n'));
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-backtest-'));
  writeRequests(at('history/web/requests.csv'));
  writeRequests(at('history/db/</script>.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('judges every row with a value, under the names of the input, and reports', async () => {
  const { code, stdout, stderr } = await sentinel(['backtest', at('history'), '--out', at('out')]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain('web/requests.csv: 1 alarm, the first at 2026-03-02 17:40:00\n');
  expect(stdout).toContain('1198 rows in 2 series.');

  const rows = table(at('out/web/requests.csv'));
  expect(rows).toHaveLength(599);
  expect(Object.keys(rows[0] ?? {})).toEqual(['timestamp', 'value', 'anomaly_score', 'alarm']);
  expect(rows.filter(({ alarm }) => alarm === '1')).toMatchObject([
    { timestamp: '2026-03-02 17:40:00', value: '900' },
  ]);
  for (const { anomaly_score: score = '', alarm } of rows) expect(Number(score) >= 0.5).toBe(alarm === '1');

  const report = readFileSync(at('out/report.html'), 'utf8');
  expect(report).toContain('outside everything seen so far');
  expect(report.match(/<\/script>/g)).toHaveLength(2);
  expect(report).not.toMatch(/(?:src|href)="(?!#)/);
  expect(readdirSync(at('out/web'))).toEqual(['requests.csv']);
});

test('what cannot be read is named and keeps no other out; nothing half is left of it', async () => {
  const mixed = at('mixed');
  writeRequests(path.join(mixed, 'good.csv'));
  writeFileSync(
    path.join(mixed, 'bad.csv'),
    'timestamp,value\n2026-03-01 00:00:00,1\n2026-03-01 00:05:00,many\n',
  );
  const { code, stdout, stderr } = await here(['backtest', mixed, '--out', at('mixed-out'), '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    series: [{ name: 'good.csv', rows: 599, alarmRows: 1 }],
    unread: [{ name: 'bad.csv', reason: 'line 3: "many" is no number' }],
  });
  expect(JSON.parse(stderr)).toMatchObject({ error: '1 of 2 files could not be read.' });
  expect(readdirSync(at('mixed-out')).toSorted()).toEqual(['good.csv', 'report.html']);
});

test.each([
  [['backtest', '--out', 'o'], 'name files or folders with series'],
  [['backtest', '/nowhere.csv', '--out', 'o'], 'there is no /nowhere.csv'],
  [['backtest', '--logs', '/nowhere.log', '--out', 'o'], 'there is no /nowhere.log'],
  [['backtest', '--alerts', '/nowhere.csv', '--out', 'o'], 'there is no /nowhere.csv'],
  [['backtest', 'a.csv'], "required option '--out <path>'"],
])('%j is a usage error', async (args, reason) => {
  const { code, stderr } = await here(args, { cwd: folder });
  expect(stderr).toContain(reason);
  expect(code).toBe(2);
});

test('--logs: one row with the template for each line', async () => {
  const lines = ['took 12 ms', 'took 9 ms', 'disk "a, b" is full', 'took 1 s'];
  writeFileSync(at('app.log'), `${lines.join('\n')}\n`);
  writeFileSync(at('app.csv'), `Level,Content\nINFO,took 12 ms\nWARN,"disk ""a, b"" is full"\n`);
  expect(await here(['backtest', '--logs', at('app.log'), '--out', at('app-templates.csv')])).toMatchObject({
    code: 0,
    stdout: '4 lines under 2 templates.\n',
  });
  const took = 'took <n>';
  const full = 'disk "a, b" is full';
  expect(table(at('app-templates.csv')).map(({ template }) => template)).toEqual([took, took, full, took]);
  await here(['backtest', '--logs', at('app.csv'), '--out', at('table-templates.csv')]);
  expect(table(at('table-templates.csv')).map(({ template }) => template)).toEqual([took, full]);
  const unnamed = await here([
    'backtest',
    '--logs',
    at('app.csv'),
    '--value',
    'Body',
    '--out',
    at('none.csv'),
  ]);
  expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining('there are Level, Content') });
  expect(existsSync(at('none.csv'))).toBe(false);
});

test('--alerts: the incident of each alert, in the order of the file, whatever the order of their times', async () => {
  const alerts = [
    ['12:00:40', 'QueueFull', 'mail'],
    ['12:00:20', 'HighErrorRate', 'cart'],
    ['12:00:30', 'HighLatency', 'shop'],
    ['12:00:10', 'HighErrorRate', 'cart'],
  ].map(([time, name, service]) => `2026-03-01 ${time},${name},${service}`);
  writeFileSync(at('alerts.csv'), ['time,alertname,service', ...alerts, ''].join('\n'));
  writeFileSync(at('calls.csv'), 'caller,callee\nshop,cart\n');
  const run = (...more: string[]) =>
    here(['backtest', '--alerts', at('alerts.csv'), '--out', at('incidents.csv'), ...more]);
  expect(await run()).toMatchObject({
    code: 0,
    stdout: '4 alerts became 3 incidents; 0 fire all the time.\n',
  });
  expect(table(at('incidents.csv')).map(({ incident }) => incident)).toEqual(['3', '1', '2', '1']);
  expect((await run('--graph', at('calls.csv'))).stdout).toMatch('4 alerts became 2 incidents');
  expect(table(at('incidents.csv'))[2]).toEqual({ incident: '1', why: 'near cart in the service graph' });
});

test('--alerts: a file without times is no result', async () => {
  writeFileSync(at('timeless.csv'), 'name,host\nx,y\n');
  const { code, stderr } = await here([
    'backtest',
    '--alerts',
    at('timeless.csv'),
    '--out',
    at('timeless-out.csv'),
  ]);
  expect(stderr).toContain('timeless.csv: line 2 has no time: name its column with --time');
  expect(code).toBe(1);
  expect(existsSync(at('timeless-out.csv'))).toBe(false);
});
