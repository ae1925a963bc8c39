/**
 * Temporal's time-skipping test server: days pass in milliseconds. It comes by the SDK's own download, or as Java
 * archives with Maven. Each test file starts its own (its clock is global), so here is only the executable.
 */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { runWithProgress } from '../../../adapters/temporal-dev-server/progress.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';
import { downloadTimeSkipping } from './time-skipping-download.ts';

const VERSION = '1.38.0';
const executable = join(cacheDir, `temporal-test-server-${VERSION}`, 'temporal-test-server');

export interface TimeSkippingInfo {
  readonly executable: string;
}

export const timeSkipping: Component = {
  name: 'time-skipping',
  async obtain(report) {
    if (existsSync(executable)) return;
    const home = dirname(executable);
    mkdirSync(dirname(home), { recursive: true });
    await withFolderLock(
      `${home}.lock`,
      () => report('Waiting for another test run to get the test server.'),
      async () => {
        if (existsSync(executable)) return;
        mkdirSync(home, { recursive: true });
        try {
          await downloadTimeSkipping(executable, report);
        } catch (error) {
          rmSync(home, { recursive: true, force: true });
          await fetchWithMaven(home, (error as Error).message, report);
        }
      },
    );
  },
  async start() {
    await timeSkipping.obtain(console.error);
    const info: TimeSkippingInfo = { executable };
    return { info, stop: async () => {} };
  },
};

async function fetchWithMaven(
  home: string,
  downloadFailure: string,
  report: (line: string) => void,
): Promise<void> {
  for (const [tool, version] of [
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    await promisify(execFile)(tool, [version]).catch(() => {
      throw new Error(
        `the time-skipping test server could not be downloaded (${downloadFailure}) and "${tool}" is not there ` +
          'to fetch it from Maven Central: install Java 11 or later and Maven',
      );
    });
  }
  report(`Fetching io.temporal:temporal-test-server:${VERSION} with Maven …`);
  const dir = mkdtempSync(join(dirname(home), '.maven-'));
  try {
    writeFileSync(join(dir, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', '-DoutputDirectory=libs', '-DincludeScope=runtime'];
    const child = spawn('mvn', ['-B', '-ntp', '-q', ...goal], { cwd: dir, stdio: ['ignore', 2, 'pipe'] });
    const { ok, tail } = await runWithProgress(child, ({ seconds }) => `  Maven … ${seconds} s`, report);
    if (!ok) throw new Error(`Maven could not fetch the time-skipping test server: ${tail.join(' ')}`);
    writeFileSync(join(dir, 'temporal-test-server'), wrapper);
    chmodSync(join(dir, 'temporal-test-server'), 0o755);
    renameSync(dir, home);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const wrapper = `#!/bin/sh
# A small heap and the plain collector: several of these run beside the tests.
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/libs/*" io.temporal.testserver.TestServer "$@"
`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sentinel</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;
