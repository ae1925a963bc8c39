/**
 * Runs once around a test run and starts a component when the first test file asks for it: a run of pure tests
 * starts nothing, and a run of everything starts each server once. Test processes ask over HTTP on the loopback.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { ComponentName } from './components/component.ts';
import { components } from './components/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    componentsUrl: string;
  }
}

type Started = Awaited<ReturnType<(typeof components)['temporal']['start']>>;

/** Hundreds of processes load the same packages: what one has compiled the next one takes from here. */
const compileCache = join(import.meta.dirname, '../../node_modules/.cache/compiled');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.NODE_COMPILE_CACHE ??= compileCache;
  const started = new Map<string, Promise<Started>>();
  const answer = (name: ComponentName): Promise<unknown> => {
    const running = started.get(name) ?? components[name].start();
    started.set(name, running);
    return running.then(
      ({ info }) => ({ info }),
      (error: Error) => ({ missing: error.message }),
    );
  };
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1) as ComponentName;
    // No kept-alive connection: a busy test process would find it closed when it asks again.
    response.setHeader('connection', 'close');
    void answer(name).then((body) => response.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('componentsUrl', `http://127.0.0.1:${(server.address() as { port: number }).port}`);
  return async () => {
    server.close();
    const stops = [...started.values()].map(async (one) => (await one).stop());
    await Promise.allSettled(stops);
  };
}
