/** Workflows under a clock that skips: sleeping a day takes milliseconds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { startProcess, stopProcess, tailOf } from '../../adapters/temporal-dev-server/server-process.ts';
import { freePort } from '../../lab/run/sentinel-process.ts';
import { eventually } from '../integration/support/wait.ts';
import { component, describeWith } from './component.ts';
import type { TimeSkippingInfo } from './components/time-skipping.ts';

/**
 * A test server of its own, because its clock is shared by everything on it; call `teardown()` at the end. The clock skips
 * while the environment's own client waits for a result: no other client makes it.
 */
export async function createTimeSkippingEnvironment(
  dataConverter?: DataConverter,
): Promise<TestWorkflowEnvironment> {
  const { executable } = await component<TimeSkippingInfo>('time-skipping');
  const server = await startServer(executable);
  try {
    // The public ways to one start the server themselves, and give it five seconds: on a busy machine Java needs more.
    // biome-ignore lint/complexity/useLiteralKeys: private, and so reached by its name only
    const environment = await TestWorkflowEnvironment['create']({
      server: { type: 'existing' },
      address: server.address,
      supportsTimeSkipping: true,
      namespace: 'default',
      ...(dataConverter === undefined ? {} : { client: { dataConverter } }),
    });
    const disconnect = environment.teardown.bind(environment);
    environment.teardown = () => disconnect().finally(server.stop);
    return environment;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Resolves when it answers. */
async function startServer(executable: string): Promise<{ address: string; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-time-skipping-'));
  const log = join(dir, 'log');
  const port = await freePort();
  const pid = await startProcess([executable, `${port}`], log, 'attached');
  const stop = async (): Promise<void> => {
    await stopProcess(pid);
    rmSync(dir, { recursive: true, force: true });
  };
  const address = `127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => {
    await (await Connection.connect({ address })).close();
    return true;
  };
  try {
    await eventually('the time-skipping server to answer', answers);
    return { address, stop };
  } catch (error) {
    const said = tailOf(log);
    await stop();
    throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
  }
}

/** `describe` for tests that call `createTimeSkippingEnvironment`. Await it at the top level. */
export function describeWithTimeSkipping(title: string, tests: () => void): Promise<void> {
  return describeWith<TimeSkippingInfo>('time-skipping', title, () => tests());
}
