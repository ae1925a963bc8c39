/** How a test file gets a component of the run, or learns why there is none. */
import { request } from 'undici';
import { describe, inject } from 'vitest';
import { isCi } from './components/cache.ts';
import type { ComponentName } from './components/component.ts';

type Answer<Info> = { info: Info; missing?: undefined } | { info?: undefined; missing: string };

/** Starts the component if this is the first to ask. Throws when it cannot be had. */
export async function component<Info>(name: ComponentName): Promise<Info> {
  const { info, missing } = await ask<Info>(name);
  if (info === undefined) throw new Error(`The component ${name} is not available: ${missing}`);
  return info;
}

/** This file is done with it: a component that everybody leaves ends when nobody needs it any more. */
export async function leave(name: ComponentName): Promise<void> {
  await (await request(`${inject('componentsUrl')}/${name}`, { method: 'DELETE' })).body.dump();
}

async function ask<Info>(name: ComponentName): Promise<Answer<Info>> {
  // What has to be built first takes as long as the machine needs.
  const response = await request(`${inject('componentsUrl')}/${name}`, { headersTimeout: 0, bodyTimeout: 0 });
  return (await response.body.json()) as Answer<Info>;
}

/**
 * `describe` for tests that need an optional component: without it they fail in CI, and elsewhere are skipped
 * with the reason in their name, which the summary of `npm test` shows.
 */
export async function describeWith<Info>(
  name: ComponentName,
  title: string,
  tests: (info: Info) => void,
): Promise<void> {
  const { info, missing } = await ask<Info>(name);
  if (info !== undefined) describe(title, () => tests(info));
  else if (isCi) throw new Error(`The component ${name} is not available: ${missing}`);
  else describe.skip(`${title} (needs ${name}: ${missing})`, () => tests({} as Info));
}
