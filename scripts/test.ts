/**
 * `npm test`: gets the real servers that tests need (once, then from the cache), runs the checks, then every test (first
 * the ordinary ones, then whole systems, see vitest.config.ts), names the slowest files, and ends with one line
 * "N passed, N failed". `npm test -- <vitest arguments>` runs only the tests asked for, such as `--project unit`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isCi } from '../tests/support/components/cache.ts';
import { components } from '../tests/support/components/index.ts';
import { slowestFiles, summarise } from './test-summary.ts';

const root = resolve(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Runs a Node script with this Node; resolves to its exit code. */
function runNode(...args: string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', fail);
    child.once('close', (code) => done(code ?? 1));
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

async function runAll(): Promise<number> {
  const names = Object.keys(components) as (keyof typeof components)[];
  const [checkCode, ...outcomes] = await Promise.all([runNode('scripts/check.ts'), ...names.map(obtain)]);
  const missing = outcomes.filter((outcome) => outcome !== undefined);
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-results-'));
  const results = join(dir, 'results.json');
  try {
    const vitestCode = await runNode(
      vitest,
      'run',
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${results}`,
    );
    const report = readJson(results);
    const summary = summarise(report, vitestCode);
    const slowest = slowestFiles(report, 8).map(
      ({ name, seconds }) => `${relative(root, name)} ${seconds} s`,
    );
    console.log(`Slowest files: ${slowest.join(', ')}`);
    for (const line of [...missing, ...summary.skipped]) console.log(`Skipped: ${line}`);
    if (checkCode !== 0) console.log('Failed: npm run check (its output is above)');
    if (isCi) for (const what of missing) console.log(`Failed: in CI every component must be there; ${what}`);
    const failed = summary.failed + (checkCode === 0 ? 0 : 1) + (isCi ? missing.length : 0);
    console.log(`${summary.passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // vitest ended before it wrote one
  }
}

const args = process.argv.slice(2);
process.exitCode = args.length > 0 ? await runNode(vitest, 'run', ...args) : await runAll();
