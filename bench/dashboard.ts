// How soon a page of the dashboard is on the screen, with 10,000 incidents stored: a real browser with an empty cache, the
// server in this process on a Postgres server. Prints one JSON line. `/login` is the yardstick of the same run: the same
// files around almost no page.
//
// node bench/dashboard.ts [--incidents 10000] [--visits 20]

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { openDatabase } from '../adapters/postgres/index.ts';
import { toUrlId } from '../api/incident-id.ts';
import { startHttp } from '../api/server.ts';
import { createBenchApi } from './support/api.ts';
import { maker } from './support/maker.ts';
import { seedIncidents } from './support/many-incidents.ts';
import { startPostgres } from './support/postgres-server.ts';
import { quantile } from './support/quantile.ts';

const { values } = parseArgs({
  options: { incidents: { type: 'string', default: '10000' }, visits: { type: 'string', default: '20' } },
});
const incidents = Number(values.incidents);
const visits = Number(values.visits);
const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));

type Visit = {
  readonly firstByte: number;
  readonly firstPaint: number;
  readonly loaded: number;
  readonly kilobytes: number;
};

/** A new context each time: no cache, no connection. */
async function visit(browser: Browser, url: string, cookie: string | null): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  if (cookie !== null) await context.addCookies([{ name: 'sentinel-local', value: cookie, url }]);
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  // The paint entry comes with a frame after the load.
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
  const seen = await page.evaluate<Visit>(`(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const parts = [navigation, ...performance.getEntriesByType('resource')];
    const bytes = parts.reduce((sum, part) => sum + part.transferSize, 0);
    return { firstByte: navigation.responseStart, firstPaint: paint.startTime, loaded: navigation.loadEventEnd, kilobytes: bytes / 1000 };
  })()`);
  await context.close();
  return seen;
}

function figures(all: readonly Visit[], of: keyof Visit) {
  const values = all.map((one) => one[of]);
  const at = (share: number) => Math.round(quantile(values, share));
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

const postgres = await startPostgres();
const database = await openDatabase({ url: postgres.url });
const { stores, streams, fetch } = createBenchApi(database);
const { resolvedIds } = await seedIncidents(database, incidents);
const { key } = await stores.apiKeys.create({ name: 'bench', role: 'admin' }, maker);
const session = await stores.sessions.open(key);
const http = await startHttp({ fetch, host: '127.0.0.1', port: 0 });
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const ref = toUrlId(resolvedIds[0] ?? '');
  const ms: Record<string, object> = {};
  const pages = {
    '/login': '/login',
    '/': '/',
    '/incidents': '/incidents',
    '/incidents/:one': `/incidents/${ref}`,
    '/approvals': '/approvals',
  };
  for (const [name, path] of Object.entries(pages)) {
    const cookie = name === '/login' ? null : (session?.token ?? null);
    const all: Visit[] = [];
    await visit(browser, `${http.url}${path}`, cookie);
    for (let round = 0; round < visits; round += 1)
      all.push(await visit(browser, `${http.url}${path}`, cookie));
    ms[name] = {
      firstByte: figures(all, 'firstByte'),
      firstPaint: figures(all, 'firstPaint'),
      loaded: figures(all, 'loaded'),
      kilobytes: Math.round(all[0]?.kilobytes ?? 0),
    };
  }
  console.log(
    JSON.stringify({
      bench: 'dashboard',
      node: process.version,
      browser: browser.version(),
      incidents,
      visits,
      ms,
    }),
  );
} finally {
  await browser.close();
  await streams.close();
  await http.close();
  await database.close();
  await postgres.stop();
}
