/**
 * The first step of every npm script: makes sure the exact packages of package-lock.json are installed, then
 * runs the real command with the pinned Node 24.
 *
 *   node scripts/setup.mjs                       install if needed
 *   node scripts/setup.mjs -- node cli/main.ts   install if needed, then run
 *
 * It has no dependencies and runs on the machine's own Node (20 or later), because on a fresh clone there is
 * nothing else. When nothing changed it only compares a stamp. All of its own output goes to standard error,
 * so that the standard output of the real command stays clean.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSetupLock } from './setup-lock.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.sentinel-setup');
const pinnedNode = path.join(modules, '.bin', 'node');

/** The packages need 1.3 GB (half of it is the embedded ClickHouse engine); npm holds the archives beside them. */
const NEEDED_MB = Number(process.env.SENTINEL_SETUP_NEEDS_MB ?? 2000);
const OLDEST_NODE_MAJOR = 20;
const PINNED_NODE_MAJOR = 24;
/** An older pin is used only where the machine has no newer Node itself: it lacks security fixes. */
const GOOD_PINNED_NODE = '24.18.0';

const say = (line) => process.stderr.write(`${line}\n`);

const MOST_ERROR_LINES = 12;

class SetupError extends Error {}

/** Everything that decides what is installed. Scripts in package.json may change without a new installation. */
export function stamp() {
  const { dependencies, devDependencies, optionalDependencies, overrides } = readJson('package.json');
  const parts = [
    fs.readFileSync(path.join(root, 'package-lock.json')),
    JSON.stringify([dependencies, devDependencies, optionalDependencies, overrides]),
    `${process.platform} ${process.arch}`,
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

function readJson(name) {
  return JSON.parse(fs.readFileSync(path.join(root, name), 'utf8'));
}

function isCurrent(wanted) {
  try {
    return fs.readFileSync(stampFile, 'utf8') === wanted && nodeToUse() !== undefined;
  } catch {
    return false;
  }
}

/** True when somebody already ran `npm ci` or `npm install` by hand and it gave what the lock file asks for. */
function matchesLockFile() {
  try {
    const wanted = readJson('package-lock.json').packages;
    const present = readJson('node_modules/.package-lock.json').packages;
    return Object.entries(wanted).every(([name, entry]) => {
      if (name === '') return true;
      if (present[name] === undefined) return entry.optional === true;
      // npm notes packages as present that it only resolved (`--package-lock-only`).
      return present[name].version === entry.version && fs.existsSync(path.join(root, name));
    });
  } catch {
    return false;
  }
}

/**
 * The pinned Node; a machine's own, when it is new enough, where no package exists for the platform or only an old one
 * does (macOS on arm64 has 24.0.0).
 */
function nodeToUse() {
  const own = process.versions.node;
  const ownIsNewEnough = Number(own.split('.')[0]) >= PINNED_NODE_MAJOR;
  if (!fs.existsSync(pinnedNode)) return ownIsNewEnough ? process.execPath : undefined;
  const pinned = pinnedVersion();
  const pinIsOld = pinned !== undefined && isOlder(pinned, GOOD_PINNED_NODE) && isOlder(pinned, own);
  return ownIsNewEnough && pinIsOld ? process.execPath : pinnedNode;
}

/** Of the package that the pinned Node came with. */
function pinnedVersion() {
  for (const name of Object.keys(readJson('package.json').optionalDependencies ?? {})) {
    const file = path.join('node_modules', name, 'package.json');
    if (name.startsWith('node-') && fs.existsSync(path.join(root, file))) return readJson(file).version;
  }
  return undefined;
}

function isOlder(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  const differs = a.findIndex((part, index) => part !== b[index]);
  return differs !== -1 && a[differs] < b[differs];
}

function checkBefore() {
  const npm = spawnSync('npm', ['--version'], { encoding: 'utf8' });
  if (npm.error || npm.status !== 0) {
    throw new SetupError(
      'npm was not found on the PATH. Install Node.js 20 or later together with npm (nodejs.org, or your ' +
        "system's package manager), then run the command again.",
    );
  }
  const { bavail, bsize } = fs.statfsSync(root);
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  if (freeMb < NEEDED_MB) {
    throw new SetupError(
      `Only ${freeMb} MB are free on the disk that holds ${root}; the installation needs about ${NEEDED_MB} MB ` +
        '(half of it is the embedded ClickHouse engine). Free some space, or clone to another disk.',
    );
  }
}

/** Exactly what the lock file says, with its checksums, or a refusal; the lock file names the packages of every platform. */
const NPM_INSTALL = ['ci', '--include=dev', '--include=optional', '--loglevel=http'];

async function install() {
  checkBefore();
  const total = Object.values(readJson('package-lock.json').packages).filter((p) => !p.optional).length;
  const started = Date.now();
  say(`Installing ${total} packages and Node ${PINNED_NODE_MAJOR} (once; about 1.3 GB on disk).`);
  const told = [];
  let fetched = 0;
  const child = spawn('npm', NPM_INSTALL, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: npmEnvironment(),
  });
  const stopProgress = showProgress(() => `  ${fetched} fetched, ${seconds(started)} s`);
  const read = (line) => {
    if (/ http (fetch|cache)/.test(line)) fetched += 1;
    else if (/^npm (error|ERR!) \S/.test(line) && told.length < MOST_ERROR_LINES) told.push(line);
  };
  lines(child.stdout, read);
  lines(child.stderr, read);
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
  });
  stopProgress();
  if (outcome !== '') {
    throw new SetupError(
      `"npm ci" failed (${outcome}). It said:\n${told.map((l) => `    ${l}`).join('\n')}\n` +
        'Check that this machine reaches its npm registry ("npm ping") and run the command again.',
    );
  }
  linkPinnedNode();
  checkAfter();
  sayUnchecked();
  say(`Installed in ${seconds(started)} s.`);
}

/** What an enclosing `npm run` exports about itself would be read as configuration by the inner npm. */
function npmEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (
      /^npm_(package|lifecycle|command|node_execpath|execpath|config_(json|loglevel|dry_run|only|omit|include))/.test(
        name,
      )
    ) {
      delete env[name];
    }
  }
  return env;
}

/** npm 10 unpacks the package of Node but does not link its executable; npm 11 does both. */
function linkPinnedNode() {
  if (fs.existsSync(pinnedNode)) return;
  for (const name of Object.keys(readJson('package.json').optionalDependencies ?? {})) {
    if (!fs.existsSync(path.join(modules, name, 'bin', 'node'))) continue;
    fs.mkdirSync(path.dirname(pinnedNode), { recursive: true });
    fs.rmSync(pinnedNode, { force: true }); // a link that leads nowhere
    fs.symlinkSync(path.join('..', name, 'bin', 'node'), pinnedNode);
  }
}

/** The lock file has no checksum for a few packages of other platforms than the one it was made on. */
function sayUnchecked() {
  for (const [at, { version, integrity }] of Object.entries(readJson('package-lock.json').packages)) {
    if (at === '' || integrity !== undefined || !fs.existsSync(path.join(root, at))) continue;
    const name = at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
    say(`Not checked: ${name} ${version}. The lock file has no checksum for it, see SECURITY.md.`);
  }
}

function checkAfter() {
  const node = nodeToUse();
  const answer = node && spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (answer?.status === 0 && Number(answer.stdout.slice(1).split('.')[0]) >= PINNED_NODE_MAJOR) return;
  const why = answer
    ? `it answers "${(answer.stdout || answer.stderr || String(answer.error)).trim()}"`
    : 'it is missing';
  throw new SetupError(
    `Node ${PINNED_NODE_MAJOR} did not come with the packages for ${process.platform} ${process.arch} (${why}). ` +
      'If npm is set to leave out optional packages ("npm config get omit"), allow them; otherwise install ' +
      `Node ${PINNED_NODE_MAJOR} on this machine. Then run the command again.`,
  );
}

/** One line that changes on a terminal; a line every ten seconds elsewhere. */
function showProgress(text) {
  const terminal = process.stderr.isTTY;
  const timer = setInterval(
    () => process.stderr.write(terminal ? `\r${text()}\u001b[K` : `${text()}\n`),
    terminal ? 500 : 10_000,
  );
  return () => {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\u001b[K');
  };
}

function lines(stream, each) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop();
    parts.forEach(each);
  });
  stream.on('end', () => rest && each(rest));
}

function seconds(since) {
  return Math.round((Date.now() - since) / 1000);
}

/** Replaces this process where Node can; otherwise stays as a parent that passes signals and the exit code on. */
function run([command, ...args]) {
  const file = command === 'node' ? nodeToUse() : command;
  const env = {
    ...process.env,
    PATH: `${path.join(modules, '.bin')}${path.delimiter}${process.env.PATH ?? ''}`,
  };
  if (typeof process.execve === 'function' && path.isAbsolute(file)) {
    process.removeAllListeners('warning'); // "experimental": with a fallback below that does the same
    process.execve(file, [file, ...args], env);
  }
  const child = spawn(file, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    // Ctrl-C on a terminal reaches the child by itself; a second one would mean "at once".
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal));
  }
  child.once('error', (error) => fail(`Cannot run ${file}: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  say(`\nSetup failed. ${message}`);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE_MAJOR) {
  fail(
    `This is Node ${process.versions.node}; Sentinel needs Node ${OLDEST_NODE_MAJOR} or later to install itself.`,
  );
}
try {
  const wanted = stamp();
  if (!isCurrent(wanted)) {
    await withSetupLock(path.join(root, '.setup.lock'), say, async () => {
      if (isCurrent(wanted)) return;
      if (!matchesLockFile() || nodeToUse() === undefined) await install();
      fs.writeFileSync(stampFile, wanted);
    });
  }
} catch (error) {
  fail(error instanceof SetupError ? error.message : (error.stack ?? String(error)));
}
const separator = process.argv.indexOf('--');
if (separator !== -1 && process.argv.length > separator + 1) run(process.argv.slice(separator + 1));
