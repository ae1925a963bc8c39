// What people read of the stores besides incidents: effects, known services, queues.

import { expect, test } from 'vitest';
import type { Page } from '../../../api/ports/page.ts';
import { describeStores } from '../../support/stores.ts';
import { anomalyOf, askPeople, oneOperator, perform, readyToAct, stepOf, unique } from './fixtures.ts';

async function everyPage<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Page<T> = await read(cursor);
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    cursor = page.nextCursor;
  }
}

await describeStores('what people read', (use) => {
  test('effects of an incident, with their way back, page by page', async () => {
    const { stores } = use();
    const environment = unique('env');
    const ready = await readyToAct(stores, { environment, steps: [stepOf(environment, 'api')] });
    const forward = await perform(stores, ready);
    const back = await perform(stores, ready, 0, 'compensation');
    const found = await everyPage((cursor) => stores.incidentReader.effects(ready.incidentId, 1, cursor));
    expect(found).toMatchObject([
      {
        ...{ id: forward, direction: 'forward', undoes: null, action: 'scale', status: 'applied' },
        ...{
          step: 0,
          planHash: ready.planHash,
          executor: 'mock',
          parameters: { replicas: 4 },
          result: 'done',
        },
      },
      { id: back, direction: 'compensation', undoes: forward, parameters: { replicas: 2 } },
    ]);
    expect(found[0]?.sentAtMs).toBeGreaterThanOrEqual(found[0]?.writtenAtMs ?? Number.NaN);
    expect(await stores.incidentReader.effects('incident/other/1', 10, null)).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  test('services with their neighbours, of one environment or all, page by page', async () => {
    const { stores } = use();
    const [first, second] = [unique('env-a'), unique('env-b')];
    await stores.episodes.rememberEdges(first, [
      { caller: 'web', callee: 'orders' },
      { caller: 'orders', callee: 'db' },
    ]);
    await stores.episodes.rememberEdges(second, [{ caller: 'web', callee: 'Zeta' }]);
    await readyToAct(stores, { environment: first, service: 'lonely' });
    const of = (environment: string | null) =>
      everyPage((cursor) => stores.services.list(environment, 2, cursor));
    expect(await of(first)).toMatchObject([
      { service: 'db', calls: [], calledBy: ['orders'] },
      { service: 'lonely', calls: [], calledBy: [] },
      { service: 'orders', calls: ['db'], calledBy: ['web'] },
      { environment: first, service: 'web', calls: ['orders'], calledBy: [] },
    ]);
    expect((await of(second)).map(({ service }) => service)).toEqual(['Zeta', 'web']);
    const all = (await of(null)).map(({ environment, service }) => `${environment}/${service}`);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining([`${first}/web`, `${second}/Zeta`]));
    expect(await of("x' or true --\u0000")).toEqual([]);
  });

  test('queues count what waits, and no longer what is done', async () => {
    const { stores } = use();
    const before = await stores.queues.depths();
    const anomaly = anomalyOf({ environment: unique('env') });
    await stores.inbox.put([{ id: anomaly.id, kind: 'anomaly', anomaly }]);
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready);
    const waiting = await stores.queues.depths();
    expect(waiting).toMatchObject({
      inboxPending: before.inboxPending + 1,
      approvalsPending: before.approvalsPending + 1,
      incidentsOpen: before.incidentsOpen + 1,
      decisionsUndelivered: before.decisionsUndelivered,
    });
    expect(waiting.inboxOldestMs).not.toBeNull();
    const principal = { keyId: 'k', name: 'ann', role: 'operator', person: 'ann' } as const;
    const { incidentId, planHash } = ready;
    await stores.approvals.decide({ incidentId, planHash, principal, decision: 'approve', reason: '' });
    await stores.inbox.failed([anomaly.id], 'of no use', null);
    expect(await stores.queues.depths()).toMatchObject({
      inboxPending: before.inboxPending,
      inboxDead: before.inboxDead + 1,
      decisionsUndelivered: before.decisionsUndelivered + 1,
    });
  });
});
