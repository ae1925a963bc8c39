/** However a long command ends, nothing of it is left: no process, no folder. Told by the process table of this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { brief } from '../cli/run-sentinel.ts';
import { temporaryFolder } from './support/folder.ts';
import { cacheOfThisMachine } from './support/sentinel.ts';
import { eventually } from './support/wait.ts';

const main = resolve(import.meta.dirname, '../../cli/main.ts');
const scenario = resolve(import.meta.dirname, '../../lab/scenarios/payments-hang.yaml');

/** Processes that were started with the folder in their environment or their command line. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
        const command = read('cmdline');
        const isOurs = command.includes(folder) || read('environ').includes(folder);
        return command !== '' && isOurs ? [`${pid} ${command}`] : [];
      } catch {
        return []; // it ended while it was looked at, or is somebody else's
      }
    });
}

type Begun = {
  child: ChildProcess;
  folder: string;
  scratch: string;
  text(): string;
  ended: Promise<unknown>;
};

async function begin(
  args: readonly string[],
  env: Record<string, string> = {},
  shell = false,
): Promise<Begun> {
  const { path: folder, remove } = await temporaryFolder('ends');
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  const { PATH = '' } = process.env;
  const command = [process.execPath, brief, main, ...args];
  const [program = '', ...rest] = shell ? ['/bin/sh', '-c', '"$@"; true', 'sh', ...command] : command;
  const child = spawn(program, rest, {
    cwd: folder,
    env: { PATH, HOME: folder, TMPDIR: scratch, ...cacheOfThisMachine(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('error', () => {});
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const ended = new Promise((done) => child.once('exit', done));
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(text, processesOf(folder));
    for (const line of processesOf(folder)) {
      try {
        process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      } catch {
        // it has ended
      }
    }
    await remove();
  });
  return { child, folder, scratch, text: () => text, ended };
}

const cache = (): Record<string, string> => {
  const { XDG_CACHE_HOME, HOME = '' } = process.env;
  return { XDG_CACHE_HOME: XDG_CACHE_HOME ?? join(HOME, '.cache') };
};
const isUp = ({ folder }: Begun): boolean =>
  processesOf(folder).some((line) => line.includes('server start-dev'));
const nothingLeft = async ({ folder, scratch }: Begun): Promise<void> => {
  await eventually('every process to be gone', () => processesOf(folder).length === 0, 90_000);
  expect(
    readdirSync(scratch).filter((name) => name.startsWith('sentinel-') || name.startsWith('lab-')),
  ).toEqual([]);
};

test.each(['SIGINT', 'SIGKILL'] as const)('a run of the lab that gets %s alone', async (signal) => {
  const begun = await begin(['lab', 'run', scenario], cache());
  await eventually('Temporal to be up', () => isUp(begun), 90_000);
  expect(processesOf(begun.folder).length).toBeGreaterThan(4);
  begun.child.kill(signal);
  await begun.ended;
  await nothingLeft(begun);
});

test('the demo whose output nobody reads any more', async () => {
  const begun = await begin(['demo'], cache());
  await eventually('Temporal to be up', () => isUp(begun), 90_000);
  begun.child.stdout?.destroy();
  begun.child.stderr?.destroy();
  // In order, not by an uncaught error.
  expect(await begun.ended).toBe(0);
  await nothingLeft(begun);
});

test('the demo whose shell was killed', async () => {
  const begun = await begin(['demo'], cache(), true);
  await eventually('Temporal to be up', () => isUp(begun), 90_000);
  begun.child.kill('SIGKILL');
  await nothingLeft(begun);
});

test('a start that gets SIGTERM while the Temporal CLI is being built', async () => {
  const { path: tools, remove } = await temporaryFolder('tools');
  onTestFinished(remove);
  const go = join(tools, 'go');
  // A compiler that starts a compiler, and takes its time.
  writeFileSync(
    go,
    '#!/bin/sh\n[ "$1" = version ] && { echo go version go1.26; exit 0; }\n[ "$1" = compile ] || "$0" compile &\nwhile :; do sleep 0.2; done\n',
  );
  chmodSync(go, 0o755);
  const proxy = Object.fromEntries(
    ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, 'http://127.0.0.1:1']),
  );
  const begun = await begin(['start'], {
    ...proxy,
    PATH: `${tools}:/usr/bin:/bin`,
    XDG_CACHE_HOME: join(tools, 'cache'),
  });
  await eventually('the build', () => begun.text().includes('with Go'), 90_000);
  await eventually('two compilers', () => processesOf(`${tools}/go`).length > 1, 30_000);
  begun.child.kill('SIGTERM');
  expect(await begun.ended).toBe(0);
  await nothingLeft(begun);
  expect(processesOf(`${tools}/go`)).toEqual([]);
  expect(readdirSync(join(tools, 'cache', 'sentinel', 'bin'))).toEqual([]);
});
