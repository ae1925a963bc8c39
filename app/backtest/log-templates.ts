// Which template each line of a log falls under, as detection would find them line by line.

import { createReadStream, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'csv-stringify/sync';
import { currentTemplate, type Template, TemplateMiner } from '../../domain/detection/aggregate/templates.ts';
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import { ExitError, exitCodes } from '../exit.ts';
import { columnIn, recordsOf } from './tables.ts';

const messageNames = ['content', 'message', 'msg', 'body', 'log', 'text'];

/** Lines and templates that were found. */
export type TemplatesResult = { readonly lines: number; readonly templates: number };

/** Writes a row with the column `template` for each line; a template as it is at the end, so that all of its lines have the same. */
export async function backtestLogs(
  file: string,
  out: string,
  column: string | null,
): Promise<TemplatesResult> {
  if (!existsSync(file)) throw new ExitError(exitCodes.usage, `there is no ${file}`);
  const { templatesPerService } = detectionConfigSchema.parse({}).limits;
  const miner = new TemplateMiner(templatesPerService);
  const found: Template[] = [];
  for await (const message of messagesOf(file, column)) found.push(miner.match(message));
  const current = found.map(currentTemplate);
  await writeFile(out, stringify([['template'], ...current.map(({ text }) => [text])]));
  return { lines: current.length, templates: new Set(current).size };
}

function messagesOf(file: string, column: string | null): AsyncIterable<string> {
  const isTable = path.extname(file).toLowerCase() === '.csv';
  return isTable ? messagesOfTable(file, column) : createInterface({ input: createReadStream(file) });
}

async function* messagesOfTable(file: string, column: string | null): AsyncIterable<string> {
  let place = -1;
  for await (const record of recordsOf<readonly string[]>(file, { relaxQuotes: true })) {
    if (place === -1) place = placeIn(record, column);
    else yield record[place] ?? '';
  }
}

function placeIn(header: readonly string[], column: string | null): number {
  const place = columnIn(header, column, messageNames);
  if (place !== undefined) return place;
  throw new ExitError(
    exitCodes.usage,
    `name the column with the messages with --value; there are ${header.join(', ')}`,
  );
}
