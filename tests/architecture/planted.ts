/** A copy of the product to plant something into: whatever is planted has to type-check there, and to run. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const product = [
  ...['activities', 'adapters', 'api', 'app', 'cli', 'config', 'domain', 'ingest', 'lab', 'workflows'],
  ...['package.json', 'tsconfig.json'],
];
const run = promisify(execFile);

export type Copy = {
  read(path: string): string;
  write(path: string, text: string): void;
  /** Puts text before the first place where `before` stands. Throws when it stands nowhere. */
  insert(path: string, before: string, text: string): void;
  /** What the compiler has against it; empty when nothing. */
  typeErrors(): Promise<string>;
  /** The JSON that a module of the copy printed. */
  evaluate(script: string): Promise<unknown>;
  remove(): void;
};

export function copyOfProduct(): Copy {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-planted-'));
  for (const part of product) cpSync(join(root, part), join(dir, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const read = (path: string): string => readFileSync(join(dir, path), 'utf8');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  return {
    read,
    write,
    insert(path, before, text) {
      const now = read(path);
      if (!now.includes(before)) throw new Error(`${path} has no ${JSON.stringify(before)}`);
      write(path, now.replace(before, text + before));
    },
    async typeErrors() {
      const tsc = join(root, 'node_modules/.bin/tsc');
      const { stdout } = await run(tsc, ['--noEmit', '--singleThreaded'], { cwd: dir }).catch(
        (failed: { stdout: string }) => failed,
      );
      return stdout;
    },
    async evaluate(script) {
      const options = ['--input-type=module', '--eval', script];
      return JSON.parse((await run(process.execPath, options, { cwd: dir })).stdout);
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
