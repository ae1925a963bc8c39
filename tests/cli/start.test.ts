// `start` runs what it is given until a signal or a failure, and stops it either way.

import { expect, test } from 'vitest';
import type { RunningSentinel, StartSentinel } from '../../app/roles.ts';
import type { CliDeps } from '../../cli/deps.ts';
import { runCli } from '../../cli/program.ts';
import type { Config, LoadedConfig } from '../../config/load.ts';
import { parseSettings } from '../../config/load.ts';

function stage(overrides: {
  start?: StartSentinel;
  untilSignal?: () => Promise<string>;
  loaded?: LoadedConfig;
}) {
  const written = { stdout: '', stderr: '' };
  const happened: string[] = [];
  const parsed = parseSettings('', 'sentinel.yaml');
  const config = (parsed.ok ? parsed.settings : {}) as Config;
  const running: RunningSentinel = {
    banner: ['Sentinel is running.'],
    failed: new Promise<never>(() => {}),
    stop: async () => void happened.push('stopped'),
  };
  const deps: CliDeps = {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    env: {},
    loadConfig: () => overrides.loaded ?? { ok: true, config },
    untilSignal: overrides.untilSignal ?? (async () => 'SIGTERM'),
    start:
      overrides.start ??
      (async (_config, role, report) => {
        report('getting ready');
        happened.push(`started ${role}`);
        return running;
      }),
  };
  return { deps, written, happened, running };
}

test('it tells where it is, waits for a signal, and stops', async () => {
  const { deps, written, happened } = stage({});
  expect(await runCli(['start', '--role', 'api'], deps)).toBe(0);
  expect(happened).toEqual(['started api', 'stopped']);
  expect(written.stdout).toBe('Sentinel is running.\n');
  expect(written.stderr).toBe('getting ready\nSIGTERM: stopping\n');
});

test('everything runs unless a role is given; there are no other roles', async () => {
  const first = stage({});
  await runCli(['start', '--json'], first.deps);
  expect(first.happened[0]).toBe('started all');
  expect(JSON.parse(first.written.stdout)).toMatchObject({ event: 'started', role: 'all' });
  expect(await runCli(['start', '--role', 'boss'], stage({}).deps)).toBe(2);
});

test('a part that fails ends the process with 1, after the others were stopped', async () => {
  const { deps, running, happened, written } = stage({ untilSignal: () => new Promise(() => {}) });
  const failing = { ...running, failed: Promise.reject(new Error('the worker ended')) };
  expect(await runCli(['start'], { ...deps, start: async () => failing })).toBe(1);
  expect(happened).toEqual(['stopped']);
  expect(written.stderr).toContain('the worker ended');
});

test('what cannot start says why', async () => {
  const start: StartSentinel = async () => {
    throw new Error('Port 4500 on 127.0.0.1 is in use.');
  };
  const { deps, written } = stage({ start });
  expect(await runCli(['start'], deps)).toBe(1);
  expect(written.stderr).toBe('sentinel: Port 4500 on 127.0.0.1 is in use.\n');
});

test('a configuration with problems starts nothing', async () => {
  const problem = { source: 'sentinel.yaml', path: 'servr', line: 1, message: 'unknown key' };
  const { deps, happened, written } = stage({ loaded: { ok: false, problems: [problem] } });
  expect(await runCli(['start'], deps)).toBe(2);
  expect(happened).toEqual([]);
  expect(written.stderr).toBe('sentinel.yaml:1: servr: unknown key\n');
});

test('without a composition there is no start command', async () => {
  const { deps } = stage({});
  expect(await runCli(['start'], { ...deps, start: undefined })).toBe(2);
});
