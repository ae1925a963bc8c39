/**
 * Builds Kubernetes' own API server, controllers and scheduler with Go, once. `go install` refuses the module, because it
 * replaces its own parts: a module of our own repeats what it requires and takes those parts as they were published.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanly } from '../../../adapters/temporal-dev-server/clean-environment.ts';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { type Progress, runWithProgress } from '../../../adapters/temporal-dev-server/progress.ts';
import { cacheDir } from './cache.ts';

const version = '1.34.4';
export const commands = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

const dir = join(cacheDir, `kubernetes-${version}`);
const stamp = 'k8s.io/component-base/version';
const linked = `-s -w -X ${stamp}.gitVersion=v${version} -X ${stamp}.gitMajor=1 -X ${stamp}.gitMinor=34`;

/** The folder of the three commands, once `obtainControlPlane` has made them. */
export const controlPlaneDir = dir;

export async function obtainControlPlane(report: (line: string) => void): Promise<void> {
  if (isThere()) return;
  mkdirSync(join(dir, 'source'), { recursive: true });
  await withFolderLock(
    join(dir, '.lock'),
    (owner) => report(`Another process (${owner ?? 'unknown'}) is building Kubernetes; waiting for it.`),
    async () => {
      await writeModule();
      for (const command of commands) if (!existsSync(join(dir, command))) await build(command, report);
      rmSync(join(dir, 'source'), { recursive: true, force: true });
    },
  );
}

function isThere(): boolean {
  return commands.every((command) => existsSync(join(dir, command)));
}

async function writeModule(): Promise<void> {
  const [go, ...args] = cleanly(
    ['go', 'mod', 'download', '-json', `k8s.io/kubernetes@v${version}`],
    'network',
  );
  const { stdout } = await promisify(execFile)(go, args, { cwd: join(dir, 'source') });
  const { GoMod } = JSON.parse(stdout) as { GoMod: string };
  const required = readFileSync(GoMod, 'utf8')
    .replace(/^module .*$/m, 'module sentinel.test/control-plane')
    .replaceAll(/=> \.\/staging\/src\/(k8s\.io\/[a-z0-9-]+)/g, `=> $1 v${version.replace(/^1/, '0')}`);
  writeFileSync(join(dir, 'source', 'go.mod'), `${required}\nrequire k8s.io/kubernetes v${version}\n`);
  const imports = commands.map((command) => `\t_ "k8s.io/kubernetes/cmd/${command}"`).join('\n');
  writeFileSync(
    join(dir, 'source', 'tools.go'),
    `//go:build tools\n\npackage tools\n\nimport (\n${imports}\n)\n`,
  );
}

async function build(command: string, report: (line: string) => void): Promise<void> {
  report(`Building ${command} ${version} with Go (once; about ten minutes for all three on two cores) …`);
  const part = join(dir, `${command}.part`);
  const options = ['-mod=mod', '-trimpath', `-ldflags=${linked}`, '-o', part];
  const [go, ...args] = cleanly(
    ['go', 'build', '-v', ...options, `k8s.io/kubernetes/cmd/${command}`],
    'network',
  );
  const child = spawn(go, args, {
    cwd: join(dir, 'source'),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const describe = ({ seconds, lines, lastLine }: Progress) =>
    `  ${seconds} s: ${lines} steps, now ${lastLine}`;
  const { ok, tail } = await runWithProgress(child, describe, report);
  if (!ok) throw new Error(`building ${command} with Go failed: ${tail.slice(-3).join(' | ')}`);
  renameSync(part, join(dir, command));
}
