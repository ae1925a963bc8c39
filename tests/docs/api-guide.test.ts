// Every call with curl that docs/api.md shows works against the real application.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { matches } from '../../api/http/route.ts';
import { routes } from '../../api/routes/index.ts';
import { apiDocs } from '../../scripts/api-docs.ts';
import { worldWithIncident } from '../api/calls.ts';
import { planHash } from '../api/incidents.ts';

type CurlCall = { method: string; url: string; headers: Record<string, string>; body: string | null };

/** The calls of all shell blocks, one each, continued lines put together. */
function callsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  return blocks
    .flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n'))
    .filter((line) => line.startsWith('curl '));
}

/** What curl makes of a line, after the shell has filled in the variables. Throws for what is not used in the guide. */
function parseCurl(line: string, variables: Readonly<Record<string, string>>): CurlCall {
  const filled = line.replaceAll(/'?\$([A-Z_]+)'?/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`the guide does not say what $${name} is`);
    return value;
  });
  const words = [...filled.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    (word) => word[1] ?? word[2] ?? word[3] ?? '',
  );
  const call: CurlCall = { method: 'GET', url: '', headers: {}, body: null };
  const [, ...rest] = words;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-N') continue;
    if (word === '-X') call.method = rest.shift() ?? '';
    else if (word === '-H') {
      const [name = '', value = ''] = (rest.shift() ?? '').split(/: (.*)/);
      call.headers[name] = value;
    } else if (word === '--json') {
      call.body = rest.shift() ?? '';
      call.headers['content-type'] = 'application/json';
      call.method = 'POST';
    } else if (/^https?:/.test(word)) call.url = word;
    else throw new Error(`the guide uses curl in a way that this test does not know: ${word}`);
  }
  return call;
}

const lines = callsIn(readFileSync(apiDocs, 'utf8'));

describe('docs/api.md', () => {
  test.each(lines)('%s', async (line) => {
    const world = worldWithIncident();
    const call = parseCurl(line, {
      SENTINEL_URL: 'http://sentinel.test',
      SENTINEL_API_KEY: world.keys.admin,
      PLAN_HASH: planHash,
      KEY_ID: 'key-viewer',
    });
    const response = await createApp(world.deps).request(call.url, {
      method: call.method,
      headers: call.headers,
      ...(call.body === null ? {} : { body: call.body }),
    });
    await response.body?.cancel();
    await world.deps.streams.close();
    expect(response.status).toBeLessThan(300);
  });

  test('shows every route that people call, and routes only', () => {
    const called = lines.map((line) => {
      const { method, url } = parseCurl(line, {
        ...{ SENTINEL_URL: 'http://sentinel.test', SENTINEL_API_KEY: 'x', PLAN_HASH: 'x', KEY_ID: 'x' },
      });
      const { pathname } = new URL(url);
      const found = routes.find((route) => route.method === method && matches(route.path, pathname));
      return found === undefined ? `nothing at ${method} ${pathname}` : `${found.method} ${found.path}`;
    });
    const keyed = routes.filter(({ permission }) => permission !== 'public' && permission !== 'agent');
    const shown = keyed.map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(called)].toSorted()).toEqual(shown.toSorted());
  });
});
