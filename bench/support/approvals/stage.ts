// Everything a benchmark of approvals stands on, with servers of its own, and the API as a process that can be killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { freePort } from '../../../lab/run/sentinel-process.ts';
import { worldEnvironment } from '../incident-world.ts';
import { startPostgres } from '../postgres-server.ts';
import { type FakeSlack, startFakeSlack } from '../slack/server.ts';
import { startBenchTemporal } from '../temporal-server.ts';
import { slackEnvironment, slackSettings } from './people.ts';
import { type ApprovalWorld, createApprovalWorld } from './world.ts';

const cli = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const readyWithinMs = 60_000;

export type ApprovalStage = {
  readonly world: ApprovalWorld;
  readonly slack: FakeSlack;
  readonly url: string;
  startApi(): Promise<void>;
  /** SIGKILL. */
  killApi(): Promise<void>;
  close(): Promise<void>;
};

export async function startApprovalStage(quorum = 1): Promise<ApprovalStage> {
  const folder = await mkdtemp(join(tmpdir(), 'sentinel-bench-approvals-'));
  const [temporal, postgres, slack, port] = await Promise.all([
    startBenchTemporal(join(folder, 'temporal')),
    startPostgres(),
    startFakeSlack(),
    freePort(),
  ]);
  const server = { address: temporal.address, namespace: temporal.namespace };
  const world = await createApprovalWorld({ databaseUrl: postgres.url, temporal: server, quorum });
  await world.startWorker();
  const configFile = join(folder, 'sentinel.yaml');
  const settings = {
    server: { host: '127.0.0.1', port },
    temporal: server,
    clickhouse: { enabled: false },
    logging: { level: 'error' },
    slack: slackSettings(slack),
  };
  await writeFile(configFile, stringify(settings));
  const url = `http://127.0.0.1:${port}`;
  let api: ChildProcess | null = null;
  const stage: ApprovalStage = {
    world,
    slack,
    url,
    async startApi() {
      api = spawn(process.execPath, [cli, 'start', '--role', 'api', '--config', configFile], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          ...process.env,
          SENTINEL_POSTGRES_URL: postgres.url,
          ...worldEnvironment,
          ...slackEnvironment,
        },
      });
      await until('the API to be ready', async () => (await fetch(`${url}/ready`)).ok, readyWithinMs);
    },
    async killApi() {
      if (api === null) return;
      const exited = once(api, 'exit');
      api.kill('SIGKILL');
      await exited;
      api = null;
    },
    async close() {
      await stage.killApi();
      await world.close();
      await slack.close();
      await temporal.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return stage;
}

/** Looks until it holds; throws past the time. Errors count as "not yet". */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      if (await holds()) return;
    } catch {
      // not yet
    }
    if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1_000} s for ${what}`);
    await sleep(20);
  }
}
