/** Where the Temporal CLI comes from, and what is said when it comes from nowhere. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { obtainTemporalCli } from '../../../adapters/temporal-dev-server/index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-obtain-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

function executable(path: string, answer: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${answer}"\n`);
  chmodSync(path, 0o755);
  return path;
}

const sane = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';
const silent = (): never => {
  throw new Error('nothing should be obtained');
};

test('the one on the PATH comes first', async () => {
  const command = executable(join(dir, 'path', 'temporal'), sane);
  executable(join(dir, 'bin', 'temporal'), sane);
  expect(await obtainTemporalCli({ cacheDir: dir, command, report: silent })).toBe(command);
});

test('a command of that name which is not the CLI is passed over for the one in the cache', async () => {
  const command = executable(join(dir, 'path', 'temporal'), 'temporal 0.3 - a calendar tool');
  const cached = executable(join(dir, 'bin', 'temporal'), sane);
  expect(await obtainTemporalCli({ cacheDir: dir, command, report: silent })).toBe(cached);
});

test('without a way to get it, the error says every attempt and what to do', async () => {
  // No Go here; and the download goes to an address that answers nothing.
  vi.stubEnv('PATH', dir);
  for (const name of ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'HTTP_PROXY'])
    vi.stubEnv(name, 'http://127.0.0.1:1');
  const obtained = obtainTemporalCli({ cacheDir: dir, command: join(dir, 'none'), report: () => {} });
  await expect(obtained).rejects.toMatchObject({ reason: 'cli-unavailable' });
  await expect(obtained).rejects.toThrow(
    /download: [\s\S]*build: Go is not installed[\s\S]*https:\/\/docs.temporal.io/,
  );
});

/** A stand-in for Go that builds what answers like the CLI, from a module with this checksum. */
function goThatBuilds(checksum: string): void {
  const modules = `path github.com/temporalio/cli/cmd/temporal\\n\\tmod\\tgithub.com/temporalio/cli\\tv1.5.1\\t${checksum}\\n`;
  const script = `case "$1" in
install) printf '#!/bin/sh\\necho "${sane}"\\n' > "$GOBIN/temporal"; /bin/chmod 755 "$GOBIN/temporal" ;;
version) [ "$2" = -m ] && printf '${modules}' || echo go1.26 ;;
esac`;
  writeFileSync(join(dir, 'go'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'go'), 0o755);
}

const notDownloaded = { url: 'http://127.0.0.1:1', checksums: {} };

test('what Go built from the pinned module is used', async () => {
  vi.stubEnv('PATH', dir);
  goThatBuilds('h1:0RZMk14BWxz44Xg6ciDQvpfAMffoG3J7/K03ql80teY=');
  const options = { cacheDir: dir, command: join(dir, 'none'), report: () => {}, release: notDownloaded };
  expect(await obtainTemporalCli(options)).toBe(join(dir, 'bin', 'temporal'));
});

test('what Go built from another module of that name is not used', async () => {
  vi.stubEnv('PATH', dir);
  goThatBuilds('h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=');
  const options = { cacheDir: dir, command: join(dir, 'none'), report: () => {}, release: notDownloaded };
  await expect(obtainTemporalCli(options)).rejects.toThrow(
    /no checksum is known[\s\S]*build: github\.com\/temporalio\/cli is v1\.5\.1 with checksum h1:AAA/,
  );
  expect(existsSync(join(dir, 'bin', 'temporal'))).toBe(false);
});
