/** The first step of every npm script, run as a process in a small project of its own with a stand-in for npm. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const scripts = resolve(import.meta.dirname, '../../scripts');
let project: string;
let tools: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'sentinel-setup-'));
  tools = join(project, 'tools');
  mkdirSync(join(project, 'scripts'));
  mkdirSync(tools);
  for (const file of ['setup.mjs', 'setup-lock.mjs'])
    cpSync(join(scripts, file), join(project, 'scripts', file));
  writeFileSync(join(project, 'package.json'), '{ "dependencies": { "a": "1.0.0" } }');
  const packages = { '': {}, 'node_modules/a': { version: '1.0.0' } };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }));
  installNpm();
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

/** A stand-in for npm that counts its calls and links the running Node as the pinned one. */
function installNpm(extra = ''): void {
  const script = `#!/bin/sh
[ "$1" = --version ] && { echo 11.0.0; exit 0; }
echo "$@" >> "${project}/npm-calls"
${extra}
mkdir -p node_modules/.bin && ln -sf "${process.execPath}" node_modules/.bin/node
`;
  writeFileSync(join(tools, 'npm'), script);
  chmodSync(join(tools, 'npm'), 0o755);
}

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const path = `${tools}${delimiter}/usr/bin${delimiter}/bin`;
  return spawn(process.execPath, [join(project, 'scripts', 'setup.mjs'), ...args], {
    env: { PATH: path, HOME: project, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  const text = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text.err += chunk));
  return new Promise((done) => child.once('close', (code, signal) => done({ code, signal, ...text })));
}

const setup = (args: readonly string[] = [], env?: Record<string, string>): Promise<Ended> =>
  ended(start(args, env));
const npmCalls = (): string[] =>
  existsSync(join(project, 'npm-calls'))
    ? readFileSync(join(project, 'npm-calls'), 'utf8').trim().split('\n')
    : [];

test('installs on a fresh clone, then does nothing until the packages change', async () => {
  expect(await setup()).toMatchObject({ code: 0, err: expect.stringContaining('Installing 2 packages') });
  expect(npmCalls()).toHaveLength(1);
  expect(await setup()).toMatchObject({ code: 0, out: '', err: '' });
  writeFileSync(
    join(project, 'package.json'),
    '{ "scripts": { "x": "y" }, "dependencies": { "a": "1.0.0" } }',
  );
  expect(await setup()).toMatchObject({ code: 0, err: '' });
  expect(npmCalls()).toHaveLength(1);
  writeFileSync(join(project, 'package.json'), '{ "dependencies": { "a": "1.0.1" } }');
  expect(await setup()).toMatchObject({ code: 0 });
  expect(npmCalls()).toHaveLength(2);
});

test('says which installed packages nothing was compared with', async () => {
  const packages = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' },
    'node_modules/@b/c': { version: '2.0.0', optional: true },
    'node_modules/elsewhere': { version: '3.0.0', optional: true },
  };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }));
  installNpm('mkdir -p node_modules/a node_modules/@b/c');
  const { code, err } = await setup();
  expect(code).toBe(0);
  expect(err.split('\n').filter((line) => line.startsWith('Not checked'))).toEqual([
    'Not checked: @b/c 2.0.0. The lock file has no checksum for it, see SECURITY.md.',
  ]);
});

test('links the pinned Node when npm only unpacked it', async () => {
  writeFileSync(
    join(project, 'package.json'),
    '{ "optionalDependencies": { "node-other-arch": "1", "node-this-arch": "1" } }',
  );
  const bin = join(project, 'node_modules', 'node-this-arch', 'bin');
  installNpm(`mkdir -p "${bin}" && ln -sf "${process.execPath}" "${bin}/node"; exit 0`);
  expect(await setup(['--', 'node', '-p', 'process.argv0'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('/node_modules/.bin/node'),
  });
});

test.each([
  { pin: '24.0.0', used: 'own' },
  { pin: '24.21.0', used: 'pinned' },
])("with Node $pin as the platform's pin, a newer Node of the machine: $used", async ({ pin, used }) => {
  writeFileSync(join(project, 'package.json'), '{ "optionalDependencies": { "node-this-arch": "1" } }');
  const folder = join(project, 'node_modules', 'node-this-arch');
  installNpm(`mkdir -p "${folder}" node_modules/.bin
echo '{"version":"${pin}"}' > "${folder}/package.json"
printf '#!/bin/sh\\n[ "$1" = --version ] && echo v${pin} || echo pinned\\n' > node_modules/.bin/node
chmod +x node_modules/.bin/node; exit 0`);
  const { out } = await setup(['--', 'node', '-p', '"own"']);
  expect(out).toBe(`${used}\n`);
});

test('installs exactly what the lock file says', async () => {
  await setup();
  expect(npmCalls()[0]).toMatch(/^ci /);
});

test('accepts an installation that somebody made by hand', async () => {
  mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true });
  cpSync(process.execPath, join(project, 'node_modules', '.bin', 'node'));
  const packages = { 'node_modules/a': { version: '1.0.0' } };
  mkdirSync(join(project, 'node_modules', 'a'));
  writeFileSync(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
  expect(await setup()).toMatchObject({ code: 0, err: '' });
  expect(npmCalls()).toEqual([]);
});

test('installs what npm noted as present without fetching it', async () => {
  mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true });
  cpSync(process.execPath, join(project, 'node_modules', '.bin', 'node'));
  const packages = { 'node_modules/a': { version: '1.0.0' } };
  writeFileSync(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
  expect(await setup()).toMatchObject({ code: 0 });
  expect(npmCalls()).toHaveLength(1);
});

test('runs the command with the pinned Node, its arguments, its output and its exit code', async () => {
  const code = 'console.log(JSON.stringify(process.argv.slice(1))); process.exit(7)';
  const result = await setup(['--', 'node', '-e', code, '--', '--once', 'a b', '']);
  expect(result).toMatchObject({ code: 7, out: '["--once","a b",""]\n' });
});

/** Where Node cannot replace a process by another (before 22.15), setup stays as the parent of the command. */
const ways: readonly { way: string; env: Record<string, string> }[] = [
  { way: 'in place', env: {} },
  { way: 'as a child', env: { NODE_OPTIONS: '--import=data:text/javascript,delete%20process.execve' } },
];

test.each(
  ways.flatMap((way) => (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => ({ ...way, name }))),
)('$name reaches the command run $way, and its end is passed on', async ({ name, env }) => {
  await setup();
  const code = `process.on('${name}', () => { console.log('got it'); process.exit(42); });
    setInterval(() => {}, 1000); console.log('ready');`;
  const child = start(['--', 'node', '-e', code], env);
  const result = ended(child);
  child.stdout?.once('data', () => child.kill(name));
  expect(await result).toMatchObject({ code: 42, out: 'ready\ngot it\n' });
});

test.each(ways)('a command run $way that dies of a signal is seen to die of it', async ({ env }) => {
  const result = await setup(['--', 'node', '-e', "process.kill(process.pid, 'SIGKILL')"], env);
  expect(result.signal).toBe('SIGKILL');
});

test('two at once install once', async () => {
  installNpm('sleep 1');
  const results = await Promise.all([setup(), setup(), setup()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(npmCalls()).toHaveLength(1);
  expect(results.map(({ err }) => err).join()).toContain('waiting for it');
  expect(existsSync(join(project, '.setup.lock'))).toBe(false);
});

test('a lock whose owner died is taken over', async () => {
  const dead = spawn('true');
  await ended(dead);
  mkdirSync(join(project, '.setup.lock'));
  writeFileSync(join(project, '.setup.lock', 'pid'), String(dead.pid));
  expect(await setup()).toMatchObject({ code: 0 });
  expect(npmCalls()).toHaveLength(1);
});

test('without npm it says so', async () => {
  rmSync(join(tools, 'npm'));
  const result = await setup([], { PATH: tools });
  expect(result).toMatchObject({ code: 1, err: expect.stringContaining('npm was not found on the PATH') });
});

test('with too little disk it says how much is needed', async () => {
  const result = await setup([], { SENTINEL_SETUP_NEEDS_MB: '999999999' });
  expect(result).toMatchObject({
    code: 1,
    err: expect.stringMatching(/Only \d+ MB are free .* needs about 999999999 MB/),
  });
  expect(npmCalls()).toEqual([]);
});

test('when npm fails it shows the last lines, and the next run tries again', async () => {
  installNpm('echo "npm error code E404" >&2; exit 3');
  expect(await setup()).toMatchObject({
    code: 1,
    err: expect.stringMatching(/exit code 3[\s\S]*npm error code E404/),
  });
  installNpm();
  expect(await setup()).toMatchObject({ code: 0 });
});
