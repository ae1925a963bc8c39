/** The dev server as a process: it dies with its parent, or outlives it and is found again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
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
  await expect.poll(() => commandLine(pid)).toBeUndefined();
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

/** Every TCP port that a process listens on, as Linux tells it. */
function listeningPorts(pid: number): { host: string; port: number }[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    if (state !== '0A' || !inodes.has(inode)) return [];
    const [address = '', port = ''] = local.split(':');
    const host = (address.match(/../g) ?? [])
      .map((byte) => Number.parseInt(byte, 16))
      .reverse()
      .join('.');
    return [{ host, port: Number.parseInt(port, 16) }];
  });
}

describe.runIf(process.platform === 'linux')(
  'what other programs of this machine, such as a browser, can do',
  () => {
    test('nothing by HTTP: no page can start or end a workflow, whatever host it names', async () => {
      const server = await startTemporalDevServer({ ...base, executable, dir: freshDir() });
      onTestFinished(() => server.stop());
      const ui = new URL(server.uiUrl);
      const ports = listeningPorts(server.pid).filter(({ port }) => `${port}` !== ui.port);
      expect(ports.length).toBeGreaterThan(2);
      const start = JSON.stringify({
        workflowType: { name: 'incident' },
        taskQueue: { name: 'sentinel-incidents' },
      });
      for (const { port } of ports) {
        const origin = `http://127.0.0.1:${port}`;
        for (const host of [`127.0.0.1:${port}`, 'localhost', 'attacker.example']) {
          for (const path of ['workflows/incident-1', 'workflows/kept/terminate', 'batch-operations/b']) {
            await post(`${origin}/api/v1/namespaces/sentinel/${path}`, host, start);
          }
        }
      }
      expect(await startedWorkflows(server)).toEqual([]);
      expect(ui.hostname).toMatch(/^127\./);
      expect(ui.hostname).not.toBe('127.0.0.1');
    });

    test('and the one way that was open is told to nobody: its HTTP API refuses every host', async () => {
      const server = await startTemporalDevServer({ ...base, executable, dir: freshDir() });
      onTestFinished(() => server.stop());
      const answers = await Promise.all(
        listeningPorts(server.pid).map(({ host, port }) =>
          post(`http://${host}:${port}/api/v1/namespaces/sentinel/workflows/w`, 'localhost', '{}'),
        ),
      );
      expect(answers.filter((answer) => answer?.includes('Host not allowed'))).toHaveLength(1);
    });
  },
);

/** As a page of another site may send it, without a question before: `text/plain`. Null: nothing that speaks HTTP/1. */
function post(url: string, host: string, body: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const headers = { host, 'content-type': 'text/plain', origin: 'https://attacker.example' };
  const sent = request(url, { method: 'POST', headers }, (answer) => {
    void answer.toArray().then((parts) => resolve(Buffer.concat(parts).toString()));
  });
  sent.once('error', () => resolve(null));
  sent.setTimeout(60_000, () => sent.destroy());
  sent.end(body);
  return promise;
}

test('a server that an older Sentinel left with open doors is ended, and started again on what it recorded', async () => {
  const dir = freshDir();
  const first = await startTemporalDevServer({ ...base, executable, dir, durable: true });
  await first.stop();
  const { port } = new URL(`http://${first.address}`);
  const database = join(dir, 'temporal.db');
  const old = spawn(
    executable,
    [
      'server',
      'start-dev',
      '--port',
      port,
      '--headless',
      '--namespace',
      'sentinel',
      '--db-filename',
      database,
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(() => void old.kill('SIGKILL'));
  const gone = new Promise((resolve) => old.once('exit', resolve));
  const state = { pid: old.pid, address: first.address, uiUrl: '', startedAt: '' };
  writeFileSync(join(dir, 'temporal.state.json'), JSON.stringify(state));
  const server = await startTemporalDevServer({ ...base, executable, dir, durable: true });
  onTestFinished(() => server.stop());
  await gone;
  expect(server).toMatchObject({ reused: false });
  expect(server.pid).not.toBe(old.pid);
});

test('a database that is still locked, as after a server that was killed, is tried again', async () => {
  const dir = freshDir();
  const options = { ...base, executable, dir, durable: true };
  await (await startTemporalDevServer(options)).stop();
  const locked = new DatabaseSync(join(dir, 'temporal.db'));
  locked.exec('begin exclusive');
  const starting = startTemporalDevServer(options);
  const log = (): string => readFileSync(join(dir, 'temporal.log'), 'utf8');
  await expect.poll(log, { interval: 10 }).toContain('database is locked');
  locked.close();
  const server = await starting;
  onTestFinished(() => server.stop());
  expect(await startedWorkflows(server)).toEqual([]);
});

test.runIf(process.platform === 'linux')(
  'the server sees nothing of our environment but who and where it is',
  async () => {
    vi.stubEnv('SENTINEL_ADMIN_KEY', 'sntl_admin_secret');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of somebody else');
    const server = await startTemporalDevServer({ ...base, executable, dir: freshDir(), durable: true });
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await server.stop();
    });
    const seen = readFileSync(`/proc/${server.pid}/environ`, 'utf8')
      .split('\0')
      .filter((line) => line !== '');
    const names = seen.map((line) => line.slice(0, line.indexOf('=')));
    expect(names).toContain('PATH');
    const allowed = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'XDG_CACHE_HOME'];
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
  },
);
