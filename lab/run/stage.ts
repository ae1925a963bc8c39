// The lab and a Sentinel beside it, both empty, wired to each other: what the benchmark and the demo play on.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { guard } from '../guardian/guard.ts';
import { type Lab, startLab } from '../system.ts';
import { type PendingApproval, SentinelClient } from './client.ts';
import { freePort, type SentinelProcess, startSentinelProcess } from './sentinel-process.ts';

export type Stage = {
  readonly lab: Lab;
  readonly sentinel: SentinelProcess;
  readonly admin: SentinelClient;
  /** Approves as a person on call would, with no more rights than one. */
  readonly operator: SentinelClient;
  stop(): Promise<void>;
};

export type StageOptions = {
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** Configuration Sentinel is started with. */
  readonly template: string;
  readonly dir: string;
  /** Whether the folder goes when the stage does, in order or not; default: it stays. */
  readonly temporary?: boolean;
  /** What stands between Sentinel and the supervisor, given the supervisor's address; default: nothing. */
  readonly via?: (supervisorUrl: string) => Promise<string>;
  /** How often the lab sends metrics. Default: every second. */
  readonly telemetryIntervalMs?: number;
  /** Whether busy loops take Sentinel's CPU time away; see busy-loops.ts. */
  readonly starved?: boolean;
};

export const stageEnvironment = 'lab';

export async function startStage(options: StageOptions): Promise<Stage> {
  const { seed, requestsPerSecond, template, dir, via = async (url) => url, starved = false } = options;
  const release = guard(dir, options.temporary === true ? 'remove' : 'keep');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let lab: Lab | null = null;
  let sentinel: SentinelProcess | null = null;
  const stop = async () => {
    await sentinel?.stop();
    await lab?.stop();
    if (options.temporary === true) await rm(dir, { recursive: true, force: true });
    release();
  };
  try {
    lab = await startLab({
      seed,
      otlpEndpoint: url,
      ...(options.telemetryIntervalMs === undefined
        ? {}
        : { telemetryIntervalMs: options.telemetryIntervalMs }),
      eventsUrl: `${url}/api/v1/events`,
      environment: stageEnvironment,
      load: { requestsPerSecond },
      dir: join(dir, 'lab'),
    });
    sentinel = await startSentinelProcess({
      template,
      dir: join(dir, 'sentinel'),
      supervisorUrl: await via(lab.supervisorUrl),
      port,
      starved,
    });
    const admin = new SentinelClient(sentinel.url, sentinel.adminKey);
    const operator = new SentinelClient(sentinel.url, await admin.createKey('operator on call', 'operator'));
    return { lab, sentinel, admin, operator, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whose vote a request needs: on a machine too busy to be sure, policy asks for an admin. */
export function voterFor({ role }: PendingApproval, { operator, admin }: Pick<Stage, 'operator' | 'admin'>) {
  return role === 'admin' ? admin : operator;
}
