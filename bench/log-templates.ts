/**
 * How many lines of logs are grouped exactly as people grouped them, and how fast, beside splitting the same lines into words.
 *
 *   npm run bench -- log-templates --data FOLDER     SET/SET_2k.log_structured.csv with Content and EventId
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { currentTemplate, TemplateMiner } from '../domain/detection/aggregate/templates.ts';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { dataFolder } from './support/labelled-series.ts';

type Line = { readonly Content: string; readonly EventId: string };

const folder = dataFolder('labelled logs');
const { templatesPerService } = detectionConfigSchema.parse({}).limits;

/** A line counts when its group holds exactly the lines of its statement. */
function accuracy(lines: readonly Line[]): number {
  const miner = new TemplateMiner(templatesPerService);
  const found = lines.map(({ Content }) => miner.match(Content)).map(currentTemplate);
  const [wanted, groups] = [placesBy(lines.map(({ EventId }) => EventId)), placesBy(found)];
  let right = 0;
  for (const places of groups.values()) {
    const its = wanted.get(lines[places[0] ?? 0]?.EventId ?? '') ?? [];
    if (its.length === places.length && its.every((place, index) => place === places[index]))
      right += places.length;
  }
  return right / lines.length;
}

function placesBy<Key>(keys: readonly Key[]): ReadonlyMap<Key, readonly number[]> {
  const places = new Map<Key, number[]>();
  for (const [place, key] of keys.entries()) {
    const known = places.get(key);
    if (known === undefined) places.set(key, [place]);
    else known.push(place);
  }
  return places;
}

const sets = readdirSync(folder).filter((name) => !name.includes('.'));
const all = sets.map((name) => {
  const text = readFileSync(join(folder, name, `${name}_2k.log_structured.csv`));
  return { name, lines: parse(text, { columns: true, bom: true }) as readonly Line[] };
});
const byLine = all.map(({ name, lines }) => [name, Number(accuracy(lines).toFixed(3))] as const);
const mean = byLine.reduce((sum, [, share]) => sum + share, 0) / byLine.length;

const contents = all.map(({ lines }) => lines.map(({ Content }) => Content));
const count = contents.flat().length;
function linesPerSecond(work: () => void): number {
  work();
  const started = performance.now();
  for (let round = 0; round < 5; round += 1) work();
  return Math.round((5 * count * 1_000) / (performance.now() - started));
}
const mined = linesPerSecond(() => {
  for (const lines of contents) {
    const miner = new TemplateMiner(templatesPerService);
    for (const line of lines) miner.match(line);
  }
});
let words = 0;
const split = linesPerSecond(() => {
  for (const lines of contents) for (const line of lines) words += line.split(' ').length;
});
console.log(
  JSON.stringify({
    bench: 'log-templates',
    mean: Number(mean.toFixed(4)),
    ...Object.fromEntries(byLine),
    linesPerSecond: mined,
    referenceLinesPerSecond: split,
    timesReference: words === 0 ? null : Number((split / mined).toFixed(1)),
  }),
);
