/** What a watch promises when the way to a real API server breaks: nothing is lost, nothing is told twice, and blindness is said. */
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Api } from '../../../../adapters/kubernetes/api.ts';
import { podPath, podsPath } from '../../../../adapters/kubernetes/kinds.ts';
import { type Pace, usualPace } from '../../../../adapters/kubernetes/watch/follow.ts';
import { eventually } from '../../../integration/support/wait.ts';
import { type Cluster, clusterAt } from '../../../support/kubernetes/control-plane.ts';
import { type Relay, startRelay } from '../../../support/kubernetes/relay.ts';
import { describeWithCluster } from '../../../support/kubernetes/shared-cluster.ts';
import {
  anomaliesIn,
  apiWithToken,
  linesOf,
  quickPace,
  startWatching,
  type Watching,
} from '../../../support/kubernetes/watching.ts';
import { createNamespace, deploy, must, settingsFor } from '../../../support/kubernetes/workloads.ts';

/** What is not current is told at once. */
const strict: Pace = { ...quickPace, staleMs: 0 };

await describeWithCluster('the watch of a Kubernetes cluster', (info) => {
  let plane: Cluster;
  let relay: Relay;
  let api: ReturnType<typeof apiWithToken>;
  let watching: Watching | undefined;
  let namespace = '';
  let made = 0;
  beforeAll(() => {
    plane = clusterAt(info);
  });
  beforeEach(async () => {
    relay = await startRelay(plane.server);
    api = apiWithToken(plane, relay.server);
    made += 1;
    namespace = `way-${made}`;
    await createNamespace(plane.admin, namespace);
  });
  afterEach(async () => {
    await watching?.stop();
    await relay.close();
  });

  async function start(pace: Pace, over: Api = api): Promise<Watching> {
    watching = startWatching(settingsFor(plane, [namespace]), over, { pace });
    await watching.looks(1);
    return watching;
  }

  async function warn(name: string, count = 1): Promise<void> {
    await must(plane.admin, `/api/v1/namespaces/${namespace}/events`, {
      ...{ apiVersion: 'v1', kind: 'Event', metadata: { name }, type: 'Warning', reason: 'FailedMount' },
      involvedObject: { kind: 'Deployment', name: 'orders', namespace },
      ...{ message: `volume ${name}`, count },
    });
  }
  async function recount(name: string, count: number): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/events/${name}`;
    expect(await plane.admin.change({ method: 'PATCH', path, body: { count } })).toMatchObject({
      kind: 'ok',
    });
  }
  const crash = (name: string) =>
    must(plane.admin, podsPath(namespace), {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } } },
      spec: { containers: [{ name: 'main', image: 'a:crashing' }] },
    });
  const told = (its: Watching, line: RegExp, times = 1) =>
    eventually(`${line} to be told`, async () => {
      await its.looks(1);
      return linesOf(its.seen).filter((one) => line.test(one)).length >= times;
    });
  const times = (its: Watching, line: RegExp) => linesOf(its.seen).filter((one) => line.test(one));

  it('that is broken off goes on where it was: what happened meanwhile is told, and once', async () => {
    await warn('before');
    const its = await start(strict);
    await warn('first');
    await told(its, /volume first/);
    relay.closed(true);
    await eventually('it to be said', () => its.problem()?.includes('the connection failed') ?? false);
    await warn('meanwhile');
    await recount('first', 4);
    await crash('orders');
    relay.closed(false);
    await told(its, /volume meanwhile/);
    await told(its, /volume first \(3 times\)/);
    await told(its, /container main of pod orders ended: OOMKilled, exit code 137/);
    await its.looks(3);
    expect(its.problem()).toBeNull();
    expect(times(its, /volume first/)).toHaveLength(2);
    // From an older place it would hear of both steps again.
    for (const count of [9, 12]) {
      await recount('first', count);
      await told(its, new RegExp(`volume first \\(${count === 9 ? 5 : 3} times\\)`), count === 9 ? 1 : 2);
    }
    relay.cut();
    await warn('last');
    await told(its, /volume last/);
    expect(times(its, /volume first/)).toHaveLength(4);
    expect(times(its, /volume meanwhile/)).toHaveLength(1);
    expect(times(its, /OOMKilled/)).toHaveLength(1);
    // What was there before Sentinel looked is no news.
    expect(times(its, /volume before/)).toEqual([]);
  });

  it('whose place is forgotten (410) lists everything again, tells nothing twice, and forgets what is gone', async () => {
    await deploy(plane.admin, namespace, 'orders', { replicas: 2 });
    await crash('lost');
    const gone: string[] = [];
    let forget = false;
    const over: Api = {
      ...api,
      // As after a long time away: the server has dropped what was then.
      watch: async function* (path, from, signal) {
        const old = forget && !gone.includes(path);
        if (old) gone.push(path);
        yield* api.watch(path, old ? { ...from, version: '1' } : from, signal);
      },
    };
    const its = await start(quickPace, over);
    await warn('first');
    await told(its, /volume first/);
    await eventually('the crash loop to be told', async () => {
      await its.looks(1);
      return anomaliesIn(its.items).length === 1;
    });
    // While nobody watches, one pod goes and one thing happens.
    relay.closed(true);
    forget = true;
    await plane.admin.change({
      method: 'DELETE',
      path: podPath(namespace, 'lost'),
      body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 },
    });
    await warn('second');
    relay.closed(false);
    await told(its, /volume second/);
    await eventually('every watch to have begun anew', () => gone.length === 8);
    await eventually('the crash loop to be over', async () => {
      await its.looks(1, 60_000);
      return anomaliesIn(its.items).some(({ state }) => state === 'cleared');
    });
    expect(times(its, /volume first/)).toHaveLength(1);
    expect(times(its, /volume second/)).toHaveLength(1);
    const ready = its.seen.flatMap((one) =>
      one.kind === 'gauge' && one.metric === 'container.replicas.available' ? [one.value] : [],
    );
    expect(ready.at(-1)).toBe(2);
  });

  it('that says nothing any more is dead: it is noticed, and another one takes its place', async () => {
    const pace = { ...strict, silentMs: 1_500 };
    const its = await start(pace, apiWithToken(plane, relay.server, 3_000));
    relay.silent(true);
    await eventually('the silence to be said', () => its.problem()?.includes('nothing was heard') ?? false);
    // In so short a time a healthy one has nothing to say either.
    pace.silentMs = usualPace.silentMs;
    relay.silent(false);
    await warn('after');
    await told(its, /volume after/);
    expect(times(its, /volume after/)).toHaveLength(1);
  });

  it('whose token has expired says so, and tells nothing of what it does not see; a new token mends it', async () => {
    await crash('orders');
    const its = await start(strict);
    await eventually('the crash loop to be told', async () => {
      await its.looks(1);
      return anomaliesIn(its.items).length === 1;
    });
    api.token = 'expired';
    relay.cut();
    await eventually('the refusal to be said', () =>
      /unauthorized|token|credentials/i.test(its.problem() ?? ''),
    );
    const before = its.seen.length;
    await plane.admin.change({
      method: 'DELETE',
      path: podPath(namespace, 'orders'),
      body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 },
    });
    const askedBefore = its.asked();
    await eventually('some more looks', () => its.asked() > askedBefore + 3);
    expect(its.seen.length).toBe(before);
    // It has not ended for all that anybody knows.
    expect(anomaliesIn(its.items)).toHaveLength(1);
    api.token = 'admin-token';
    await eventually('the crash loop to be over', async () => {
      await its.looks(1, 60_000);
      return anomaliesIn(its.items).some(({ state }) => state === 'cleared');
    });
    expect(its.problem()).toBeNull();
  });
});
