/** Series as monitoring systems export them: each row is read as it is meant, and what cannot be read is named with its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Columns, type Row, rowsOf } from '../../../app/backtest/rows.ts';
import { UnreadableFile } from '../../../app/backtest/unreadable.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const byName: Columns = { time: null, value: null };
let files = 0;

async function read(text: string, kind = 'csv', columns = byName): Promise<Row[]> {
  files += 1;
  const file = path.join(folder, `series-${files}.${kind}`);
  writeFileSync(file, text);
  const rows: Row[] = [];
  for await (const row of rowsOf(file, columns)) rows.push(row);
  return rows;
}
const first = Date.UTC(2026, 2, 1, 12);
const short = (rows: readonly Row[]) => rows.map(({ atMs, value }) => [atMs, value]);

describe('a CSV file', () => {
  test.each([
    ['timestamp,value\n2026-03-01 12:00:00,1.5\n'],
    ['\uFEFFTimeStamp,Value,Label\r\n"2026-03-01T12:00:00Z",1.5,0\r\n'],
    ['host,ts,mean\nweb-1,1772366400,1.5\n'],
    ['_time,_value\n2026-03-01T13:00:00+01:00,1.5\n'],
    ['when,requests\n1772366400000,1.5\n'],
    ['value,time\n1.5,2026-03-01 12:00:00 UTC\n'],
  ])('%j holds one sample at noon', async (text) => {
    expect(short(await read(text))).toEqual([[first, 1.5]]);
  });

  test('keeps both texts as they were written, and leaves rows without a value out', async () => {
    const rows = await read(
      'timestamp,value\n2026-03-01 12:00:00,1.50\n2026-03-01 12:01:00,\n2026-03-01 12:02:00,NaN\n',
    );
    expect(rows).toEqual([{ atMs: first, value: 1.5, at: '2026-03-01 12:00:00', text: '1.50' }]);
  });

  test('with several columns of figures is read by the one that is named', async () => {
    const text = 'minute,p50,p95\n2026-03-01 12:00:00,20,80\n';
    await expect(read(text)).rejects.toThrow('name it with --time; there are minute, p50, p95');
    expect(short(await read(text, 'csv', { time: 'minute', value: 'p95' }))).toEqual([[first, 80]]);
    await expect(read(text, 'csv', { time: 'minute', value: 'p99' })).rejects.toThrow('no column p99');
  });

  test.each([
    ['timestamp,value\n2026-03-01 12:00:00,1\nyesterday,2\n', 'line 3: "yesterday" is no instant'],
    ['timestamp,value\n2026-03-01 12:00:00,1,5\n2026-03-01 12:01:00,one\n', 'line 3: "one" is no number'],
    ['timestamp,value\n2026-03-01 12:00:00,"1\n', 'Quote'],
  ])('%j is refused with its place', async (text, reason) => {
    const reading = read(text);
    await expect(reading).rejects.toBeInstanceOf(UnreadableFile);
    await expect(reading).rejects.toThrow(reason);
  });
});

describe('a JSON file', () => {
  test.each([
    ['[{"timestamp":"2026-03-01T12:00:00Z","value":1.5}]'],
    ['[[1772366400,"1.5"]]'],
    ['{"time":1772366400000,"value":1.5}\n\n'],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1772366400,"1.5"]]}]}}',
    ],
  ])('%j holds one sample at noon', async (text) => {
    expect(short(await read(text, 'json'))).toEqual([[first, 1.5]]);
  });

  test.each([
    ['{"a":1', 'line 1 is not JSON'],
    ['"text"', 'expected an array'],
    ['{"data":{"result":[]}}', 'the answer holds 0 series'],
    ['{"data":{"result":[{"value":[1772366400,"1"]}]}}', 'it has no values'],
    ['[7]', 'entry 1 is neither an object nor a pair'],
    ['[{"timestamp":true,"value":1}]', 'entry 1: "true" is no instant'],
  ])('%j is refused with its place', async (text, reason) => {
    await expect(read(text, 'json')).rejects.toThrow(reason);
  });
});
