// Which files a backtest reads, and what each is called in the results: as in the folder that holds all of them.

import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ExitError, exitCodes } from '../exit.ts';

export type Input = {
  readonly file: string;
  /** Below the folder of results, with `/`. */
  readonly name: string;
};

const tables = new Set(['.csv']);
const entries = new Set(['.json', '.jsonl', '.ndjson']);

/** Files as given; of a folder every CSV file in it and below, where there is none every JSON file, but for those in `results`. */
export function inputsOf(given: readonly string[], results: string): readonly Input[] {
  const found = given.map((one) => {
    const where = path.resolve(one);
    const isFolder = statOf(where, one).isDirectory();
    const files = isFolder ? filesBelow(where, results) : [where];
    if (files.length === 0) throw usage(`${one} holds no CSV or JSON file`);
    return { folder: isFolder ? where : path.dirname(where), files };
  });
  const root = sharedFolder(found.map(({ folder }) => folder));
  const files = [...new Set(found.flatMap((one) => one.files))].toSorted();
  return files.map((file) => ({ file, name: path.relative(root, file).split(path.sep).join('/') }));
}

function filesBelow(folder: string, results: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(results + path.sep));
  const ofKind = (kind: ReadonlySet<string>) =>
    files.filter((file) => kind.has(path.extname(file).toLowerCase()));
  const found = ofKind(tables);
  return found.length > 0 ? found : ofKind(entries);
}

function sharedFolder(folders: readonly string[]): string {
  const parts = folders.map((folder) => folder.split(path.sep));
  const [first = []] = parts;
  const differs = first.findIndex((part, index) => parts.some((other) => other[index] !== part));
  return (differs === -1 ? first : first.slice(0, differs)).join(path.sep) || path.sep;
}

function statOf(where: string, given: string) {
  const found = statSync(where, { throwIfNoEntry: false });
  if (found === undefined) throw usage(`there is no ${given}`);
  return found;
}

const usage = (message: string) => new ExitError(exitCodes.usage, message);
