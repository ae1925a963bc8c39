/** `npm run check`: everything that can be said about the code without running it, at the same time, in seconds. */
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');

/** Oxlint runs beside Biome for one thing: it understands the types of proxied activities (see the test). */
const checks = [
  { name: 'types', command: ['tsc', '--noEmit', '--pretty', 'false', '--singleThreaded'] },
  {
    name: 'types of the pages',
    command: ['tsc', '--noEmit', '--pretty', 'false', '-p', 'api/dashboard/assets'],
  },
  {
    name: 'lint and format',
    command: ['biome', 'check', '--max-diagnostics=40', '--diagnostic-level=warn', '--error-on-warnings'],
  },
  { name: 'forgotten promises', command: ['oxlint', '--type-aware', '--deny-warnings', '--threads=1'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'architecture', command: ['node', 'scripts/check-architecture.ts'] },
  { name: 'conflict markers', command: ['node', 'scripts/check-conflicts.ts'] },
] as const;

/** They run beside each other: threads within one of them would only cost more than they gain. */
const env = { ...process.env, GOMAXPROCS: '1' };

interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly output: string;
}

function run(name: string, [tool, ...args]: readonly [string, ...string[]]): Promise<Result> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(path.join(bin, tool), args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: string[] = [];
    const done = (ok: boolean): void =>
      resolve({ name, ok, ms: Math.round(performance.now() - started), output: chunks.join('').trim() });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    child.once('error', (error) => {
      chunks.push(error.message);
      done(false);
    });
    child.once('close', (code) => done(code === 0));
  });
}

const results = await Promise.all(checks.map(({ name, command }) => run(name, command)));
for (const { name, output } of results.filter((result) => !result.ok)) console.log(`\n── ${name}\n${output}`);
console.log('');
for (const { name, ok, ms } of results) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${ms} ms)`);
process.exitCode = results.every((result) => result.ok) ? 0 : 1;
