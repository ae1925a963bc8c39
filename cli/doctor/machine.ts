// Checks of the machine itself: Node, disk, tools, free ports.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { whyNotFree } from '../../adapters/network/address.ts';
import type { Config } from '../../config/load.ts';
import { type Check, missing, ok, warning } from '../../domain/doctor.ts';

const oldestNodeMajor = 24;
const gibibyte = 1024 ** 3;
const neededBytes = gibibyte;
const comfortableBytes = 5 * gibibyte;

export const nodeVersion: Check = async () => {
  const { version } = process;
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= oldestNodeMajor) return ok('Node', version);
  return missing(
    'Node',
    `${version} is too old`,
    `Run it through npm (npm run sentinel): that uses the pinned Node ${oldestNodeMajor}.`,
  );
};

export const disk =
  ({ dataDir }: Config): Check =>
  async () => {
    let folder = dataDir;
    while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
    try {
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize;
      const detail = `${(free / gibibyte).toFixed(1)} GiB free for ${dataDir}`;
      if (free < neededBytes)
        return missing('Disk', detail, 'Free some space, or set dataDir to a folder on another disk.');
      return free < comfortableBytes
        ? warning('Disk', detail, 'History grows with telemetry; keep an eye on it.')
        : ok('Disk', detail);
    } catch (error) {
      return missing('Disk', (error as Error).message, 'Set dataDir to a writable folder.');
    }
  };

export const temporalCli =
  ({ cacheDir, temporal }: Config): Check =>
  async () => {
    const name = 'Temporal CLI';
    if (temporal.address !== undefined) return ok(name, 'not needed: temporal.address is set');
    for (const command of ['temporal', path.join(cacheDir, 'bin', 'temporal')]) {
      const version = await answerOf(command, '--version');
      if (version !== null) return ok(name, `${version.trim()} (${command})`);
    }
    const go = await answerOf('go', 'version');
    const how =
      go === null
        ? 'The first start downloads it and verifies its checksum.'
        : 'The first start downloads it and verifies its checksum, or builds it with Go (some minutes).';
    const advice =
      'On a machine without internet install it so that "temporal --version" works (https://docs.temporal.io/cli).';
    return warning(name, `not installed yet. ${how}`, advice);
  };

async function answerOf(command: string, argument: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(command, [argument], { timeout: 10_000 });
    return stdout;
  } catch {
    return null;
  }
}

/** The port of the API: free, or a Sentinel answers there. */
export const apiPort =
  ({ server }: Config): Check =>
  async () => {
    const { host, port } = server;
    const name = `Port ${port}`;
    if (port === 0) return ok('API port', 'picks a free port');
    const reason = await whyNotFree(host, port);
    if (reason === null) return ok(name, `free for the API on ${host}`);
    if (await isSentinel(host, port)) return ok(name, `Sentinel is already running on ${host}`);
    return missing(
      name,
      `cannot be used for the API on ${host} (${reason})`,
      `Stop whatever is listening there ("lsof -i :${port}" shows it), or set another server.port.`,
    );
  };

async function isSentinel(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  try {
    const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/health`;
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    return ((await response.json()) as { status?: unknown }).status === 'ok';
  } catch {
    return false;
  }
}

/** A durable embedded Temporal outlives Sentinel, so a port in use is often its own: a note, not an error. */
export const embeddedTemporalPort =
  (what: string, port: number): Check =>
  async () => {
    const name = `Port ${port}`;
    if (port === 0) return ok(`Port of ${what}`, 'picks a free port');
    const reason = await whyNotFree('127.0.0.1', port);
    if (reason === null) return ok(name, `free for ${what}`);
    return warning(
      name,
      `${reason}: used by ${what} of an earlier start, or by something else`,
      `If "start" complains, stop whatever is listening there ("lsof -i :${port}" shows it), or set another port under temporal.embedded.`,
    );
  };
