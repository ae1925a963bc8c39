// Alerts as people export them: CSV of any name, JSON (an array, one a line, what Alertmanager or Grafana send), in the order of the file.

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { commonOf } from '../../domain/alerts/common.ts';
import { defaultSubjectLabels, subjectOf } from '../../domain/alerts/subject.ts';
import type { GroupedAlert } from '../../domain/correlation/grouping/grouping.ts';
import { errorMessage } from '../../domain/error-message.ts';
import { instantOf } from './instants.ts';
import { jsonOf } from './json.ts';
import { recordsOf, timeNames } from './tables.ts';
import { fail, UnreadableFile } from './unreadable.ts';

/** Names of the columns (or keys); null: found by their names. */
export type AlertColumns = { readonly time: string | null; readonly value: string | null };

const times = ['startsat', 'starts_at', 'activeat', 'fired_at', 'started_at', 'created_at', ...timeNames];
const names = [
  'alertname',
  'name',
  'rulename',
  'rule',
  'alert',
  'title',
  'summary',
  'message',
  'description',
];
const environments = ['environment', 'env'];

/** A field of one alert by its name in small letters; empty when there is none. */
type Fields = (name: string) => string;

/** Throws `UnreadableFile` for what has no time. */
export async function alertsOf(file: string, columns: AlertColumns): Promise<readonly GroupedAlert[]> {
  const alerts: GroupedAlert[] = [];
  const given = (await isJson(file)) ? await jsonFields(file) : csvFields(file);
  try {
    for await (const { fields, where } of given) alerts.push(alertOf(fields, where, columns));
  } catch (error) {
    throw error instanceof UnreadableFile ? error : new UnreadableFile(errorMessage(error));
  }
  return alerts;
}

type Given = { readonly fields: Fields; readonly where: string };

async function* csvFields(file: string): AsyncIterable<Given> {
  type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };
  let places: ReadonlyMap<string, number> | null = null;
  for await (const { record, info } of recordsOf<CsvRecord>(file, {
    info: true,
    skipEmptyLines: true,
    trim: true,
  })) {
    if (places === null) {
      places = new Map(record.map((name, place) => [name.toLowerCase(), place]));
      continue;
    }
    const known = places;
    yield { fields: (name) => record[known.get(name) ?? -1] ?? '', where: `line ${info.lines}` };
  }
}

async function jsonFields(file: string): Promise<readonly Given[]> {
  const given = [jsonOf(await readFile(file, 'utf8'))].flat();
  const alerts = given.flatMap((one) => (Object(one) as { alerts?: readonly unknown[] }).alerts ?? [one]);
  return alerts.map((alert, index) => {
    const where = `alert ${index + 1}`;
    if (typeof alert !== 'object' || alert === null) fail(`${where} is no object`);
    const { labels, annotations, ...own } = alert as Readonly<Record<string, unknown>>;
    const fields = new Map<string, string>();
    // What the labels say goes before what is said about them.
    for (const [name, value] of [own, annotations, labels].flatMap((part) =>
      Object.entries(Object(part) as object),
    ))
      if (typeof value === 'string' || typeof value === 'number')
        fields.set(name.toLowerCase(), String(value));
    return { fields: (name: string) => fields.get(name) ?? '', where };
  });
}

function alertOf(fields: Fields, where: string, { time, value }: AlertColumns): GroupedAlert {
  const first = (wanted: readonly string[]) => wanted.map(fields).find((text) => text !== '') ?? '';
  const at = first(time === null ? times : [time.toLowerCase()]);
  const atMs = instantOf(at);
  if (atMs === null)
    fail(
      at === ''
        ? `${where} has no time: name its column with --time`
        : `${where}: ${JSON.stringify(at.slice(0, 40))} is no instant`,
    );
  const { kind, service } = subjectOf(fields, defaultSubjectLabels, []);
  return {
    atMs: atMs as number,
    name: first(value === null ? names : [value.toLowerCase()]),
    service: kind === 'service' ? service : null,
    environment: first(environments),
    common: commonOf(fields),
  };
}

/** By how it begins: exports have names of all kinds. */
async function isJson(file: string): Promise<boolean> {
  for await (const text of createReadStream(file, { encoding: 'utf8', end: 4_095 }))
    return /^\uFEFF?\s*[[{]/.test(String(text));
  return false;
}
