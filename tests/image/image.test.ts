/** The image, run as people run it: a whole Sentinel in one container that may write to its volume and nowhere else. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { obtainTemporalCli } from '../../adapters/temporal-dev-server/index.ts';
import { cacheDir } from '../support/components/cache.ts';
import { docker, dockerFails, healthy } from './support/docker.ts';

const image = inject('image');
const id = randomUUID().slice(0, 8);
const hardened = [
  '--read-only',
  '--tmpfs',
  '/tmp',
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
];
/** Runs a command of the image and is gone. */
const once = (...args: readonly string[]) =>
  dockerFails('run', '--rm', '--network', 'none', ...hardened, image, ...args);

describe('a command', () => {
  test('answers as an ordinary user, and finds everything it needs', async () => {
    expect(await once('--version')).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    const { code, text } = await once('doctor');
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringContaining('/etc/sentinel/sentinel.yaml'),
    });
    expect(text).toMatch(/^ok +Disk: .* free for \/var\/lib\/sentinel$/m);
    const user = ['run', '--rm', '--network', 'none', '--entrypoint', 'id', image];
    expect(await docker(...user)).toMatch(/^uid=1000\S* gid=1000/);
  });

  test.each(['api', 'worker', 'ingest'])(
    'the role %s says which servers it shares with the others',
    async (role) => {
      const { code, text } = await once('start', '--role', role);
      expect(code).not.toBe(0);
      expect(text).toMatch(/temporal\.address.*SENTINEL_POSTGRES_URL.*clickhouse\.url/s);
    },
  );

  test('the bundles of the workflows are there, of these sources, and need no place to be built in', async () => {
    const run = ['run', '--rm', '--network', 'none', ...hardened, '-e', 'XDG_CACHE_HOME=/nowhere'];
    const { code, text } = await dockerFails(
      ...run,
      '--entrypoint',
      'node',
      image,
      'app/worker/bundle-main.ts',
    );
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringMatching(
        /^\/app\/bundles\/workflows-[0-9a-f]+\.js\n\/app\/bundles\/workflows-[0-9a-f]+-encoded\.js\s*$/,
      ),
    });
  });

  test('nothing of the application can be written to', async () => {
    const asRoot = ['run', '--rm', '--network', 'none', '--user', '1000', '--entrypoint', 'find'];
    expect(await docker(...asRoot, image, '/app', '/etc/sentinel', '-writable', '-not', '-type', 'l')).toBe(
      '',
    );
  });
});

describe('a whole Sentinel', () => {
  const container = `sentinel-image-${id}`;
  const volume = `sentinel-image-${id}`;
  const sentinel = (...args: readonly string[]) => docker('exec', container, 'sentinel', ...args);
  const state = (what: string) => docker('inspect', '-f', `{{.State.${what}}}`, container);
  const incidents = async () =>
    (
      JSON.parse(await sentinel('incident', 'list', '--json')) as {
        items: { title: string; openedAtMs: number }[];
      }
    ).items;

  beforeAll(async () => {
    // Built for Linux, it works in the container; elsewhere the container downloads its own.
    const cli = await obtainTemporalCli({ cacheDir, report: console.error });
    const offline = ['--network', 'none', '-v', `${await pathOf(cli)}:/usr/local/bin/temporal:ro`];
    const ways = process.platform === 'linux' ? offline : [];
    await docker(
      'run',
      '-d',
      '--init',
      '--name',
      container,
      '-v',
      `${volume}:/var/lib/sentinel`,
      ...ways,
      ...hardened,
      image,
    );
    await healthy(container);
  });
  afterAll(async () => {
    await docker('rm', '--force', container);
    await docker('volume', 'rm', '--force', volume);
  });

  test('becomes healthy, and makes an incident of an alert', async () => {
    await send({
      kind: 'alert',
      status: 'firing',
      id: 'disk-1',
      service: 'orders',
      severity: 'critical',
      title: 'orders: disk is full',
    });
    await expect.poll(incidents, { timeout: 120_000 }).toMatchObject([{ title: 'orders: disk is full' }]);
  });

  test('stops when it is told to, and goes on with the same incident', async () => {
    const before = await incidents();
    await docker('stop', '--time', '60', container);
    expect([await state('ExitCode'), await state('OOMKilled')]).toEqual(['0', 'false']);
    await docker('start', container);
    await healthy(container);
    expect(await incidents()).toMatchObject(before.map(({ title, openedAtMs }) => ({ title, openedAtMs })));
  });

  test('that was killed goes on, too, and leaves no process behind in its container', async () => {
    const before = await incidents();
    await docker('kill', '--signal', 'KILL', container);
    expect(await state('ExitCode')).toBe('137');
    await docker('start', container);
    await healthy(container);
    expect(await incidents()).toMatchObject(before.map(({ title, openedAtMs }) => ({ title, openedAtMs })));
    const zombies = "grep -l '^State:.Z' /proc/[0-9]*/status || true";
    expect(await docker('exec', container, 'sh', '-c', zombies)).toBe('');
  });

  /** From inside, with the key that the start left for the command line. */
  async function send(event: Readonly<Record<string, string>>): Promise<void> {
    const script = `
      const { apiKey } = JSON.parse(require('node:fs').readFileSync('/var/lib/sentinel/cli.json', 'utf8'));
      fetch('http://127.0.0.1:4500/api/v1/events', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + apiKey, 'content-type': 'application/json' },
        body: JSON.stringify({ events: [${JSON.stringify(event)}] }),
      }).then((answer) => console.log(answer.status));`;
    expect(await docker('exec', container, 'node', '-e', script)).toBe('202');
  }
});

/** A command's own path: it may have been found by its name. */
async function pathOf(command: string): Promise<string> {
  if (command.includes('/')) return command;
  const { execFileSync } = await import('node:child_process');
  return execFileSync('/bin/sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim();
}
