// CSV files: their records as they are read, and which column is meant.

import { createReadStream } from 'node:fs';
import { type Options, parse } from 'csv-parse';

/** What the column with the time is called. */
export const timeNames = ['timestamp', 'time', 'datetime', 'date', 'ts', 'at', '@timestamp', '_time'];

/** Every record of a file, the header first, read as it is asked for. Throws when the file cannot be read, or is no CSV. */
export function recordsOf<T>(file: string, options: Options = {}): AsyncIterable<T> {
  const source = createReadStream(file);
  const parser = source.pipe(parse({ bom: true, relaxColumnCount: true, ...options }));
  source.on('error', (error) => parser.destroy(error));
  return parser as AsyncIterable<T>;
}

/** Where the wanted column is, or the first of the usual names; case does not matter. Undefined: there is none. */
export function columnIn(
  header: readonly string[],
  wanted: string | null,
  usual: readonly string[],
): number | undefined {
  const lower = header.map((name) => name.toLowerCase());
  const names = wanted === null ? usual : [wanted.toLowerCase()];
  return names.map((name) => lower.indexOf(name)).find((place) => place !== -1);
}
