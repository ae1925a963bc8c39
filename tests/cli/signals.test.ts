// What asks a long command to end, tried on real processes.

import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const module = pathToFileURL(resolve(import.meta.dirname, '../../cli/signals.ts')).href;
const command = (ties: string) => `
  import { endWithReaders, untilSignal } from '${module}';
  endWithReaders([process.stdout]);
  const asked = untilSignal('${ties}');
  process.stderr.write('up ' + process.pid + '\\n');
  const talk = setInterval(() => process.stdout.write('still here\\n'), 50);
  const why = await asked;
  process.stderr.write('asked by ' + why + '\\n');
  clearInterval(talk);
  process.exit(7);
`;

type Running = { child: ChildProcess; seen(pattern: RegExp): Promise<string> };

function run(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const looks = new Set<() => void>();
  child.stdout?.on('data', () => {});
  child.stdout?.on('error', () => {});
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (const look of looks) look();
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    const pid = /up (\d+)/.exec(text)?.[1];
    if (pid === undefined) return;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // it has ended, as it should
    }
  });
  const seen = (pattern: RegExp): Promise<string> =>
    new Promise((done) => {
      const look = (): void => {
        const found = pattern.exec(text);
        if (found === null) return;
        looks.delete(look);
        done(found[1] ?? found[0]);
      };
      looks.add(look);
      look();
    });
  return { child, seen };
}

const direct = (ties: string): Running => run(process.execPath, ['--input-type=module', '-e', command(ties)]);
const script = (ties: string): string =>
  `'${process.execPath}' --input-type=module -e "${command(ties).replaceAll('"', '\\"')}"; true`;
const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((done) => child.once('exit', (code) => done(code)));

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s asks', async (signal) => {
  const { child, seen } = direct('any-parent');
  await seen(/up/);
  child.kill(signal);
  expect(await seen(/asked by (.*)/)).toBe(signal);
  expect(await ended(child)).toBe(7);
});

test('a reader that is gone asks', async () => {
  const { child, seen } = direct('any-parent');
  await seen(/up/);
  child.stdout?.destroy();
  expect(await seen(/asked by (.*)/)).toMatch(/reader of the output is gone/);
});

test('a parent that was killed asks, also behind a shell', async () => {
  const { child, seen } = run('/bin/sh', ['-c', script('any-parent')]);
  await seen(/up/);
  child.kill('SIGKILL');
  expect(await seen(/asked by (.*)/)).toMatch(/parent/);
  const outer = run('/bin/sh', ['-c', `/bin/sh -c '${script('any-parent').replaceAll("'", "'\\''")}'; true`]);
  await outer.seen(/up/);
  outer.child.kill('SIGKILL');
  expect(await outer.seen(/asked by (.*)/)).toMatch(/parent/);
});

test('a server outlives the shell it was started in, and asks for nothing', async () => {
  const { child, seen } = run('/bin/sh', ['-c', script('package-manager')]);
  const pid = Number(await seen(/up (\d+)/));
  child.kill('SIGKILL');
  await ended(child);
  // Asked by a signal, later than a gone parent would have been noticed: that is what it tells.
  await new Promise((done) => setTimeout(done, 1_500));
  process.kill(pid, 'SIGTERM');
  expect(await seen(/asked by (.*)/)).toBe('SIGTERM');
});

test('a short command whose reader is gone just ends', async () => {
  const code = `import { endWithReaders } from '${module}';
    endWithReaders([process.stdout]);
    process.stderr.write('up\\n');
    setInterval(() => process.stdout.write('line\\n'), 20);`;
  const { child, seen } = run(process.execPath, ['--input-type=module', '-e', code]);
  await seen(/up/);
  child.stdout?.destroy();
  expect(await ended(child)).toBe(141);
});
