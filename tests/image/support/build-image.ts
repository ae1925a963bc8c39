/**
 * Builds the image once for all tests of it, and removes it afterwards. Without an engine this fails: who asked for these tests
 * wants to know. Behind a proxy: NODE_EXTRA_CA_CERTS is handed in as the secret `ca`, SENTINEL_TEST_BUILD_ARGS holds further
 * arguments of `docker build`, such as `--network host`.
 */
import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { docker, dockerFails } from './docker.ts';

declare module 'vitest' {
  interface ProvidedContext {
    image: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = await dockerFails('version', '--format', '{{.Server.Version}}');
  if (engine.code !== 0) {
    throw new Error(
      `The tests of the image need a running Docker engine ("docker version" must answer): ${engine.text}`,
    );
  }
  const image = `sentinel:test-${randomUUID().slice(0, 8)}`;
  const authority = process.env.NODE_EXTRA_CA_CERTS;
  const secret = authority ? ['--secret', `id=ca,src=${authority}`] : [];
  const further = (process.env.SENTINEL_TEST_BUILD_ARGS ?? '').split(' ').filter((part) => part !== '');
  await docker('build', ...secret, ...further, '-f', 'deploy/Dockerfile', '-t', image, '.');
  project.provide('image', image);
  return async () => {
    await docker('image', 'rm', '--force', image);
  };
}
