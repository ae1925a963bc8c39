// The rows of a series in a CSV or JSON file, one after another: instants and values, and both as they were written.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../domain/error-message.ts';
import { instantOf } from './instants.ts';
import { jsonOf } from './json.ts';
import { columnIn, recordsOf, timeNames } from './tables.ts';
import { fail, UnreadableFile } from './unreadable.ts';

export type Row = {
  readonly atMs: number;
  readonly value: number;
  /** As the file has them. */
  readonly at: string;
  readonly text: string;
};

/** Names of the columns (or keys); null: found by their names. */
export type Columns = { readonly time: string | null; readonly value: string | null };

const valueNames = ['value', 'val', 'v', '_value', 'y', 'mean', 'avg'];

/** Rows without a value are left out; anything else that is no instant and no number throws `UnreadableFile`. */
export function rowsOf(file: string, columns: Columns): AsyncIterable<Row> {
  return path.extname(file).toLowerCase() === '.csv' ? csvRows(file, columns) : jsonRows(file, columns);
}

type Places = { readonly time: number; readonly value: number };

async function* csvRows(file: string, columns: Columns): AsyncIterable<Row> {
  const records = recordsOf<CsvRecord>(file, { info: true, skipEmptyLines: true, trim: true });
  let places: Places | null = null;
  try {
    for await (const { record, info } of records) {
      if (places === null) {
        places = placesIn(record, columns);
        continue;
      }
      const row = rowOf(record[places.time] ?? '', record[places.value] ?? '', `line ${info.lines}`);
      if (row !== null) yield row;
    }
  } catch (error) {
    throw error instanceof UnreadableFile ? error : new UnreadableFile(errorMessage(error));
  }
}
type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

function placesIn(header: readonly string[], { time, value }: Columns): Places {
  return {
    time: placeIn(header, time, timeNames, 'time'),
    value: placeIn(header, value, valueNames, 'value'),
  };
}

function placeIn(
  header: readonly string[],
  wanted: string | null,
  usual: readonly string[],
  what: 'time' | 'value',
): number {
  const found = columnIn(header, wanted, usual);
  if (found !== undefined) return found;
  // Two columns of other names: the first is the time.
  if (wanted === null && header.length === 2) return what === 'time' ? 0 : 1;
  const missing =
    wanted === null ? `no column is called ${usual.slice(0, 3).join(', ')}` : `no column ${wanted}`;
  throw new UnreadableFile(`${missing}: name it with --${what}; there are ${header.join(', ')}`);
}

async function* jsonRows(file: string, columns: Columns): AsyncIterable<Row> {
  const entries = entriesOf(
    await readFile(file, 'utf8').catch((error: unknown) => fail(errorMessage(error))),
  );
  let places: { readonly time: string; readonly value: string } | null = null;
  for (const [index, entry] of entries.entries()) {
    const where = `entry ${index + 1}`;
    if (Array.isArray(entry)) {
      const row = rowOf(plain(entry[0]), plain(entry[1]), where);
      if (row !== null) yield row;
      continue;
    }
    if (typeof entry !== 'object' || entry === null) fail(`${where} is neither an object nor a pair`);
    const fields = entry as Readonly<Record<string, unknown>>;
    const names = Object.keys(fields);
    places ??= nameAt(names, placesIn(names, columns));
    const row = rowOf(plain(fields[places.time]), plain(fields[places.value]), where);
    if (row !== null) yield row;
  }
}

const nameAt = (names: readonly string[], places: Places) => ({
  time: names[places.time] ?? '',
  value: names[places.value] ?? '',
});

/** An array, one object a line, or the answer of a Prometheus range query with one series. */
function entriesOf(text: string): readonly unknown[] {
  const given = jsonOf(text);
  if (Array.isArray(given)) return given as unknown[];
  const { data } = Object(given) as { data?: { result?: unknown } };
  if (data === undefined && typeof given === 'object') return [given];
  const result = data?.result;
  if (!Array.isArray(result))
    return fail('expected an array, one object a line, or the answer of a Prometheus range query');
  if (result.length !== 1)
    fail(
      `the answer holds ${result.length} series: ask Prometheus for one, or save each in a file of its own`,
    );
  const { values } = result[0] as { values?: unknown };
  return Array.isArray(values) ? values : fail('the answer is not of a range query: it has no values');
}

function rowOf(at: string, text: string, where: string): Row | null {
  if (text.trim() === '' || /^(null|nan|none|na)$/i.test(text.trim())) return null;
  const atMs = instantOf(at);
  if (atMs === null) fail(`${where}: ${JSON.stringify(at.slice(0, 40))} is no instant`);
  const value = Number(text);
  if (!Number.isFinite(value)) fail(`${where}: ${JSON.stringify(text.slice(0, 40))} is no number`);
  return { atMs: atMs as number, value, at, text };
}

const plain = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
