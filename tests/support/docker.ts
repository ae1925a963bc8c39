/** A real Docker engine of one test file: its own socket, data and containers, and nothing left of it afterwards. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { startProcess, stopProcess, tailOf } from '../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../integration/support/wait.ts';
import type { DockerInfo } from './components/docker.ts';

const image = 'busybox:test';

export interface ContainerWish {
  readonly name: string;
  /** A line for the shell; by default it sleeps until it is told to end. */
  readonly command?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly memoryBytes?: number;
  readonly restart?: 'no' | 'always';
  /** A line for the shell that says whether the container is well, asked every second. */
  readonly health?: string;
}

export interface Engine {
  readonly socket: string;
  readonly docker: Dockerode;
  /** Makes a container of this name and starts it. */
  run(wish: ContainerWish): Promise<Dockerode.Container>;
  inspect(name: string): Promise<Dockerode.ContainerInspectInfo>;
  /** Removes every container. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Ends at once when it is asked to, as a program with a handler does. */
const sleeps = 'trap "exit 0" TERM; while :; do sleep 3600 & wait; done';

export async function startEngine({ dockerd, busybox }: DockerInfo): Promise<Engine> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-docker-'));
  const socket = join(dir, 'docker.sock');
  const log = join(dir, 'log');
  const pid = await startProcess(
    [
      dockerd,
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=overlay2'],
      ...[
        `--data-root=${dir}/data`,
        `--exec-root=${dir}/exec`,
        `--pidfile=${dir}/pid`,
        '-H',
        `unix://${socket}`,
      ],
    ],
    log,
    'attached',
  );
  const docker = new Dockerode({ socketPath: socket });
  const all = async () =>
    (await docker.listContainers({ all: true })).map(({ Id }) => docker.getContainer(Id));
  const clear = async () => {
    for (const container of await all()) await container.remove({ force: true });
  };
  const stop = async () => {
    await clear().catch(() => {}); // an engine that does not answer any more is ended all the same
    await stopProcess(pid);
    unmount(dir);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await eventually('the Docker engine to answer', async () => (await docker.ping()) !== undefined);
    await importImage(docker, dir, busybox);
  } catch (error) {
    const said = tailOf(log);
    await stop();
    throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
  }
  return {
    socket,
    docker,
    clear,
    stop,
    inspect: (name) => docker.getContainer(name).inspect(),
    async run({ name, command = sleeps, labels = {}, memoryBytes, restart = 'no', health }) {
      const container = await docker.createContainer({
        name,
        Image: image,
        Cmd: ['/bin/sh', '-c', command],
        Labels: { ...labels },
        ...(health === undefined
          ? {}
          : { Healthcheck: { Test: ['CMD-SHELL', health], Interval: 1e9, Timeout: 5e9, Retries: 2 } }),
        HostConfig: {
          NetworkMode: 'none',
          RestartPolicy: { Name: restart },
          ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
        },
      });
      await container.start();
      return container;
    },
  };
}

/** One program under the names that tests use. */
async function importImage(docker: Dockerode, dir: string, busybox: string): Promise<void> {
  const root = join(dir, 'root');
  const archive = join(dir, 'root.tar');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  execFileSync('cp', [busybox, join(root, 'bin', 'busybox')]);
  for (const name of ['sh', 'sleep', 'test', 'cat', 'touch', 'rm', 'dd', 'tail', 'head', 'top'])
    symlinkSync('busybox', join(root, 'bin', name));
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  const [repo = '', tag = ''] = image.split(':');
  const progress = await docker.importImage(archive, { repo, tag });
  await new Promise((resolve, reject) => {
    docker.modem.followProgress(progress, (error, output) =>
      error === null ? resolve(output) : reject(error),
    );
  });
}

/** What an engine leaves mounted when it is killed. */
function unmount(dir: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${dir}/`));
  for (const place of mounts.toReversed()) execFileSync('umount', ['-l', place]);
}
