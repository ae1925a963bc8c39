/** A ministack of one test file, with ECS tasks that are containers of the given Docker engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../../integration/support/wait.ts';
import type { MinistackInfo } from '../components/ministack.ts';

/** What ministack calls its account where nothing else is said. */
export const ministackAccount = '000000000000';

export interface Ministack {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startMinistack(
  { executable }: MinistackInfo,
  dockerSocket: string,
): Promise<Ministack> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-ministack-'));
  const [port = 0] = await freePorts(1);
  const log = join(dir, 'log');
  // Without BIND_HOST it listens on every interface.
  const settings = [
    'BIND_HOST=127.0.0.1',
    `GATEWAY_PORT=${port}`,
    `DOCKER_HOST=unix://${dockerSocket}`,
    `HOME=${dir}`,
  ];
  const pid = await startProcess(['env', ...settings, executable], log, 'attached');
  const stop = async (): Promise<void> => {
    await stopProcess(pid);
    rmSync(dir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await eventually(
      'ministack to answer',
      async () => (await fetch(`${url}/_localstack/health`)).ok,
      300_000,
    );
  } catch (error) {
    const said = tailOf(log);
    await stop();
    throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
  }
  return { url, stop };
}
