/**
 * Runs once around a test run and starts a component when the first test file asks for it: a run of pure tests
 * starts nothing, and a run of everything starts each server once. One that every file leaves when it is done with it ends
 * with the last of them. Test processes ask over HTTP on the loopback.
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

/** How long a component that everybody has left is kept. */
const keptMs = 10_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.NODE_COMPILE_CACHE ??= compileCache;
  const started = new Map<string, Promise<Started>>();
  const users = new Map<string, number>();
  const ending = new Set<Promise<void>>();
  const count = (name: string, more: 1 | -1): number => {
    const now = (users.get(name) ?? 0) + more;
    users.set(name, now);
    return now;
  };
  const answer = (name: ComponentName): Promise<unknown> => {
    count(name, 1);
    const running = started.get(name) ?? components[name].start();
    started.set(name, running);
    return running.then(
      ({ info }) => ({ info }),
      (error: Error) => ({ missing: error.message }),
    );
  };
  const leave = (name: ComponentName): void => {
    if (count(name, -1) > 0) return;
    // The next file may be about to ask.
    const timer = setTimeout(() => {
      if ((users.get(name) ?? 0) > 0) return;
      const ended = started.get(name);
      started.delete(name);
      if (ended !== undefined) ending.add(ended.then(({ stop }) => stop()));
    }, keptMs);
    timer.unref();
  };
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1) as ComponentName;
    // No kept-alive connection: a busy test process would find it closed when it asks again.
    response.setHeader('connection', 'close');
    if (request.method === 'DELETE') {
      leave(name);
      response.end();
    } else void answer(name).then((body) => response.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('componentsUrl', `http://127.0.0.1:${(server.address() as { port: number }).port}`);
  return async () => {
    server.close();
    const stops = [...started.values()].map(async (one) => (await one).stop());
    await Promise.allSettled([...stops, ...ending]);
  };
}
