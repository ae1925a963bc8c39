// How soon what was accepted is seen where it belongs: alerts over many services, one a request, into a whole Sentinel as an
// operator starts it, until the API shows every one of them among the members of an incident. `visibleSeconds` counts from the first request;
// `leftInboxSeconds` until nothing waits in the inbox. With `--perSecond` they come evenly, and `apiMs` is how long people wait
// meanwhile for the list of incidents. `cpuSeconds` is the processor time until all was visible. `ratio` is against reading as many alerts with JSON.parse and writing each back, over and
// over for a second: a yardstick that moves with the machine. Prints one JSON line.
//
// node bench/inbox-to-incident.ts [--alerts 2000] [--services 50] [--connections 8] [--perSecond 167] [--seconds 300]
//   [--stores embedded,postgres]

import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { madeUpAlerts, sendAlerts } from './support/alert-sender.ts';
import { type OwnSentinel, type StoreKind, startOwnSentinel } from './support/own-sentinel.ts';
import { quantile } from './support/quantile.ts';

const { values } = parseArgs({
  options: {
    alerts: { type: 'string', default: '2000' },
    services: { type: 'string', default: '50' },
    connections: { type: 'string', default: '8' },
    perSecond: { type: 'string' },
    seconds: { type: 'string', default: '300' },
    stores: { type: 'string', default: 'embedded,postgres' },
  },
});
const alerts = Number(values.alerts);
const services = Number(values.services);
const connections = Number(values.connections);
const longestSeconds = Number(values.seconds);
const environment = 'bench';

type Summary = { readonly ref: string; readonly scope: { readonly environment: string } };
type Members = { readonly byReason: readonly { readonly members: number }[] };
type Health = { readonly queues: { readonly inboxPending: number } | null };
type Page = { readonly items: readonly Summary[]; readonly nextCursor: string | null };

/** Asks the API as a person's page does, and keeps how long that took. */
function reader({ url, adminKey }: OwnSentinel) {
  const apiMs: number[] = [];
  const get = async <T>(path: string): Promise<T> => {
    const from = performance.now();
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${adminKey}` } });
    const body = (await answer.json()) as T;
    apiMs.push(performance.now() - from);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  };
  const incidents = async (): Promise<readonly string[]> => {
    const refs: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page = await get(`/api/v1/incidents?environment=${environment}&limit=100${more}`);
      refs.push(...page.items.map(({ ref }) => ref));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return refs;
  };
  const waiting = async (): Promise<number | undefined> =>
    (await get<Health>('/health/detailed')).queues?.inboxPending;
  return { apiMs, get, incidents, waiting };
}

async function measure(store: StoreKind) {
  const sentinel = await startOwnSentinel(store);
  try {
    const { apiMs, get, incidents, waiting } = reader(sentinel);
    const target = { url: `${sentinel.url}/api/v1/trigger-alert`, key: sentinel.adminKey, connections };
    await sendAlerts(madeUpAlerts(10, 1, 'warm-up'), target);
    const bodies = madeUpAlerts(alerts, services, environment);
    const cpuBefore = sentinel.cpuSeconds();
    const began = performance.now();
    const since = (): number => round((performance.now() - began) / 1_000);
    const pace = values.perSecond === undefined ? {} : { perSecond: Number(values.perSecond) };
    let acceptedSeconds: number | null = null;
    const sending = sendAlerts(bodies, { ...target, ...pace }).then((answers) => {
      acceptedSeconds = since();
      return answers;
    });
    const shown = new Map<string, number>();
    let visible = 0;
    let visibleSeconds: number | null = null;
    let leftInboxSeconds: number | null = null;
    while (visibleSeconds === null && since() < longestSeconds) {
      for (const ref of await incidents()) {
        const { byReason } = await get<Members>(`/api/v1/incidents/${ref}/members?limit=1`);
        shown.set(
          ref,
          byReason.reduce((sum, { members }) => sum + members, 0),
        );
      }
      visible = [...shown.values()].reduce((sum, count) => sum + count, 0);
      if (acceptedSeconds !== null && leftInboxSeconds === null && (await waiting()) === 0)
        leftInboxSeconds = since();
      if (visible >= alerts) visibleSeconds = since();
      else await sleep(250);
    }
    const cpu = sentinel.cpuSeconds();
    const answers = await sending;
    const parsed = parsesPerSecond(bodies);
    return {
      store,
      acceptedSeconds,
      accepted: answers.filter(({ status }) => status === 202).length,
      postP99Ms: round(
        quantile(
          answers.map(({ ms }) => ms),
          0.99,
        ),
      ),
      leftInboxSeconds,
      visible,
      visibleSeconds,
      waiting: await waiting(),
      incidents: shown.size,
      cpuSeconds: {
        sentinel: round(cpu.sentinel - cpuBefore.sentinel),
        temporal: round(cpu.temporal - cpuBefore.temporal),
      },
      apiMs: { p50: round(quantile(apiMs, 0.5)), p99: round(quantile(apiMs, 0.99)), calls: apiMs.length },
      ratio: visibleSeconds === null ? null : Number((alerts / visibleSeconds / parsed).toPrecision(2)),
    };
  } finally {
    await sentinel.close();
  }
}

function parsesPerSecond(bodies: readonly string[]): number {
  const began = performance.now();
  let parses = 0;
  while (performance.now() - began < 1_000)
    for (const body of bodies) {
      JSON.stringify(JSON.parse(body));
      parses += 1;
    }
  return (parses / (performance.now() - began)) * 1_000;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const results: Awaited<ReturnType<typeof measure>>[] = [];
for (const store of values.stores.split(',') as StoreKind[]) results.push(await measure(store));
stdout.write(
  `${JSON.stringify({ bench: 'inbox-to-incident', alerts, services, perSecond: values.perSecond ?? null, results })}\n`,
);
