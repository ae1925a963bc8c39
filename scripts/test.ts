/**
 * `npm test`: gets the real servers that tests need (once, then from the cache), runs the checks, then every test, names
 * the slowest files, and ends with one line "N passed, N failed". What is judged by the clock mostly waits: it runs
 * beside everything else, which stands back for it. `npm test -- <vitest arguments>` runs only the tests asked for, such
 * as `--project parts`.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isCi } from '../tests/support/components/cache.ts';
import { components } from '../tests/support/components/index.ts';
import { slowestFiles, summarise } from './test-summary.ts';

const root = resolve(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Projects of vitest.config.ts that are judged by the clock. */
const timed = ['lab', 'real-time'];

type RunOptions = {
  /** What processes it starts leave the processors to others that want them: 0 is the usual priority, 19 the last. */
  readonly niceness?: number;
  /** The file its output goes to; this process's own output, if absent. */
  readonly output?: string;
};

/** Runs a Node script with this Node; resolves to its exit code. */
function runNode(args: readonly string[], { niceness, output }: RunOptions = {}): Promise<number> {
  const out = output === undefined ? 'inherit' : openSync(output, 'w');
  return new Promise<number>((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', out, out] });
    child.once('error', fail);
    child.once('close', (code) => done(code ?? 1));
    if (niceness !== undefined && child.pid !== undefined) setPriority(child.pid, niceness);
  }).finally(() => {
    if (out !== 'inherit') closeSync(out);
  });
}

/** Undefined when the component is there, otherwise what is missing. */
async function obtain(name: keyof typeof components): Promise<string | undefined> {
  const started = performance.now();
  try {
    await components[name].obtain((line) => console.log(`[${name}] ${line}`));
    const seconds = Math.round((performance.now() - started) / 1000);
    if (seconds > 1) console.log(`[${name}] ready after ${seconds} s`);
    return undefined;
  } catch (error) {
    return `${name}: ${(error as Error).message}`;
  }
}

type Results = { readonly report: unknown; readonly code: number };

async function runTests(
  dir: string,
  name: string,
  projects: readonly string[],
  options: RunOptions = {},
): Promise<Results> {
  const file = join(dir, `${name}.json`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const chosen = projects.map((project) => `--project=${project}`);
  const code = await runNode([vitest, 'run', ...reporters, ...chosen], options);
  return { report: readJson(file), code };
}

/** Two runs at once; what the second one prints comes after the first. */
async function runEverything(): Promise<readonly Results[]> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-results-'));
  const output = join(dir, 'timed.txt');
  const others = timed.map((project) => `!${project}`);
  try {
    const results = await Promise.all([
      runTests(dir, 'others', others, { niceness: 10 }),
      runTests(dir, 'timed', timed, { output }),
    ]);
    process.stdout.write(readFileSync(output));
    return results;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runAll(): Promise<number> {
  const names = Object.keys(components) as (keyof typeof components)[];
  const [checkCode, ...outcomes] = await Promise.all([runNode(['scripts/check.ts']), ...names.map(obtain)]);
  const missing = outcomes.filter((outcome) => outcome !== undefined);
  const results = await runEverything();
  const summaries = results.map(({ report, code }) => summarise(report, code));
  const slowest = slowestFiles(
    results.map(({ report }) => report),
    8,
  ).map(({ name, seconds }) => `${relative(root, name)} ${seconds} s`);
  console.log(`Slowest files: ${slowest.join(', ')}`);
  for (const line of [...missing, ...summaries.flatMap(({ skipped }) => skipped)])
    console.log(`Skipped: ${line}`);
  if (checkCode !== 0) console.log('Failed: npm run check (its output is above)');
  if (isCi) for (const what of missing) console.log(`Failed: in CI every component must be there; ${what}`);
  const total = (of: 'passed' | 'failed') => summaries.reduce((sum, summary) => sum + summary[of], 0);
  const failed = total('failed') + (checkCode === 0 ? 0 : 1) + (isCi ? missing.length : 0);
  console.log(`${total('passed')} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // vitest ended before it wrote one
  }
}

const args = process.argv.slice(2);
process.exitCode = args.length > 0 ? await runNode([vitest, 'run', ...args]) : await runAll();
