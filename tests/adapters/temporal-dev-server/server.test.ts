/** The dev server as a process: it dies with its parent, or outlives it and is found again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  obtainTemporalCli,
  startTemporalDevServer,
  type TemporalDevServer,
} from '../../../adapters/temporal-dev-server/index.ts';
import { commandLine } from '../../../adapters/temporal-dev-server/server-process.ts';
import { cacheDir } from '../../support/components/cache.ts';

const index = resolve(import.meta.dirname, '../../../adapters/temporal-dev-server/index.ts');
const base = { namespace: 'sentinel', searchAttributes: ['SentinelService'] } as const;
let executable: string;
let home: string;

beforeAll(async () => {
  executable = await obtainTemporalCli({ cacheDir, report: console.error });
  home = mkdtempSync(join(tmpdir(), 'sentinel-dev-server-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const freshDir = (): string => mkdtempSync(join(home, 'case-'));

/** Starts a server in a child process and waits for its pid, so that the test can kill its parent. */
async function startInChild(dir: string, durable: boolean): Promise<{ parent: ChildProcess; pid: number }> {
  const options = JSON.stringify({ ...base, executable, dir, durable });
  const code = `import { startTemporalDevServer } from ${JSON.stringify(index)};
    console.log((await startTemporalDevServer(${options})).pid); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: parent.stdout })) return { parent, pid: Number(line) };
  throw new Error('the child ended without a server');
}

async function startedWorkflows({ address }: TemporalDevServer): Promise<string[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace: 'sentinel' });
    return (await Array.fromAsync(client.workflow.list())).map(({ workflowId }) => workflowId);
  } finally {
    await connection.close();
  }
}

test('an attached server dies with a parent that is killed', async () => {
  const { parent, pid } = await startInChild(freshDir(), false);
  expect(await commandLine(pid)).toContain('start-dev');
  parent.kill('SIGKILL');
  await expect.poll(() => commandLine(pid), { timeout: 15_000 }).toBeUndefined();
});

test('a durable server outlives its parent, is found again, and keeps its workflows after a stop', async () => {
  const dir = freshDir();
  const { parent, pid } = await startInChild(dir, true);
  parent.kill('SIGKILL');
  const found = await startTemporalDevServer({ ...base, executable, dir, durable: true });
  onTestFinished(() => found.stop());
  expect(found).toMatchObject({ pid, reused: true });

  const connection = await Connection.connect({ address: found.address });
  const client = new Client({ connection, namespace: 'sentinel' });
  await client.workflow.start('any', { taskQueue: 'none', workflowId: 'kept' });
  await connection.close();
  await found.stop();
  expect(await commandLine(pid)).toBeUndefined();

  const again = await startTemporalDevServer({ ...base, executable, dir, durable: true });
  onTestFinished(() => again.stop());
  expect(again.reused).toBe(false);
  await expect.poll(() => startedWorkflows(again)).toEqual(['kept']);
});

test('a process id that now belongs to somebody else is not taken for the server', async () => {
  const dir = freshDir();
  const state = { pid: process.pid, address: '127.0.0.1:1', uiUrl: '', startedAt: '' };
  writeFileSync(join(dir, 'temporal.state.json'), JSON.stringify(state));
  const server = await startTemporalDevServer({ ...base, executable, dir, durable: true });
  onTestFinished(() => server.stop());
  expect(server.reused).toBe(false);
  expect(JSON.parse(readFileSync(join(dir, 'temporal.state.json'), 'utf8')).pid).toBe(server.pid);
});

test('a port in use is refused with the port and what to do', async () => {
  const occupant = createServer();
  await new Promise<void>((done) => occupant.listen(0, '127.0.0.1', done));
  onTestFinished(() => void occupant.close());
  const { port } = occupant.address() as { port: number };
  const start = startTemporalDevServer({ ...base, executable, dir: freshDir(), port });
  await expect(start).rejects.toMatchObject({
    reason: 'port-in-use',
    message: expect.stringContaining(`Port ${port}`),
  });
});

test('a server that ends at once is told with the end of its log', async () => {
  const start = startTemporalDevServer({
    ...base,
    namespace: '--no-such',
    executable: '/bin/ls',
    dir: freshDir(),
  });
  await expect(start).rejects.toMatchObject({ reason: 'exited', message: expect.stringMatching(/ls: /) });
});
