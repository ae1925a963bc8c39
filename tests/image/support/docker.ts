/** Docker's command line, for tests: the engine that it finds by itself (its context, or DOCKER_HOST). */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

export const root = resolve(import.meta.dirname, '../../..');

/** Longer than a build on a slow machine. */
const TIMEOUT_MS = 1_200_000;

/** What the command wrote to its standard output; throws with its standard error. */
export async function docker(...args: readonly string[]): Promise<string> {
  return dockerWith({}, ...args);
}

/** The same with further variables in its environment. */
export async function dockerWith(
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1', ...variables };
  const options = { cwd: root, env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)('docker', args, options);
  return stdout.trim();
}

/** Like `docker`, for a command that should fail: its exit code and everything it wrote. */
export async function dockerFails(...args: readonly string[]): Promise<{ code: number; text: string }> {
  try {
    const stdout = await docker(...args);
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, text: `${stdout}${stderr}` };
  }
}

/** Resolves when the container's own health check says so; throws with its log when it ends or is unhealthy. */
export async function healthy(container: string): Promise<void> {
  for (;;) {
    const [state, health] = (
      await docker('inspect', '-f', '{{.State.Status}} {{.State.Health.Status}}', container)
    ).split(' ');
    if (health === 'healthy') return;
    if (state !== 'running' || health === 'unhealthy') {
      const { text } = await dockerFails('logs', '--tail', '40', container);
      throw new Error(`The container ${container} is ${state} and ${health}:\n${text}`);
    }
    await docker('exec', container, 'sleep', '0.5').catch(() => {}); // ended meanwhile: the next look says so
  }
}
