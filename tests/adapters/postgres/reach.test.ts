// The stores know how far a key reaches: lists are cut down where they are read, and what changes something asks once more.

import { expect, test } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import { createStreams } from '../../../api/feed/streams.ts';
import type { Page } from '../../../api/ports/page.ts';
import { type Reach, reaches } from '../../../domain/policy/reach.ts';
import { describeStores } from '../../support/stores.ts';
import { askPeople, oneOperator, passGate, person, readyToAct, unique } from './fixtures.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

async function everyPage<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Page<T> = await read(cursor);
    all.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null) return all;
  }
}

await describeStores('the reach of a key', (use) => {
  test('cuts lists as it says, wildcards and those of SQL included', async () => {
    const { stores } = use();
    const prefix = unique('env').toLowerCase();
    const environments = [`${prefix}-eu`, `${prefix}-us`, `${prefix}_eu`, `${prefix}%`];
    for (const environment of environments) {
      for (const service of ['orders', 'pay%ments', 'pay_ments', 'Orders']) {
        const ready = await readyToAct(stores, { environment, service, verdict: oneOperator });
        await askPeople(stores, ready);
      }
    }
    const cuts: readonly Reach[] = [
      { environments: [`${prefix}-eu`] },
      { environments: [`${prefix}-*`], services: ['orders', 'pay*'] },
      { environments: [`${prefix}_eu`] },
      { environments: [`${prefix}?eu`], services: ['?rders'] },
      { environments: [`${prefix}*`], services: ['pay_ments'] },
      { environments: [] as string[] },
      { services: ['nobody'] },
      {},
    ];
    const mine = <T extends { environment: string; service: string }>(items: readonly T[]) =>
      items
        .filter(({ environment }) => environments.includes(environment))
        .map(({ environment, service }) => `${environment}/${service}`)
        .toSorted();
    const all = await everyPage((cursor) => stores.incidentReader.list({}, 50, cursor));
    expect(mine(all)).toHaveLength(16);
    for (const reach of cuts) {
      const wanted = mine(all.filter((one) => reaches(reach, one.environment, one.service)));
      const listed = await everyPage((cursor) => stores.incidentReader.list({ reach }, 3, cursor));
      expect(mine(listed), JSON.stringify(reach)).toEqual(wanted);
      const services = await everyPage((cursor) => stores.services.list(null, 3, cursor, reach));
      expect(mine(services), JSON.stringify(reach)).toEqual(wanted);
      const pending = await everyPage((cursor) => stores.approvals.pending(3, cursor, reach));
      const asked = await stores.incidentReader.states(pending.map(({ incidentId }) => incidentId));
      expect(mine([...asked.values()].map(({ scope }) => scope)), JSON.stringify(reach)).toEqual(wanted);
    }
  });

  test('no stop from outside of it, and the attempt is audited', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const reason = 'not mine';
    for (const kind of ['take-over', 'abort'] as const) {
      const principal = { ...person('ann'), reach: { environments: ['elsewhere'] } };
      expect(
        await stores.stops.request({ incidentId: ready.incidentId, kind, principal, reason }),
      ).toMatchObject({ recorded: false, reason: 'out-of-reach' });
    }
    expect(await stores.stops.read(ready.incidentId)).toBeNull();
    const { items } = await stores.audit.query(
      { subject: ready.incidentId, action: 'incident.stop' },
      9,
      null,
    );
    expect(items.map(({ canonical }) => JSON.parse(canonical).details.refused)).toEqual([
      'out-of-reach',
      'out-of-reach',
    ]);
    const within = { ...person('ann'), reach: { environments: [ready.environment] } };
    expect(
      await stores.stops.request({ incidentId: ready.incidentId, kind: 'abort', principal: within, reason }),
    ).toMatchObject({ recorded: true });
  });

  test('no effect outside of it is settled', async () => {
    const { stores } = use();
    const { incidentId, planHash } = await readyToAct(stores);
    const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
    if (!passed.granted) throw new Error(passed.detail);
    const effectId = passed.intent.id;
    await stores.gate.mark(effectId, 'sent', '');
    await stores.gate.mark(effectId, 'uncertain', '');
    const said = { effectId, happened: true, reason: 'seen' };
    const outside = { ...person('ann'), reach: { services: ['elsewhere'] } };
    expect(await stores.effects.settle({ ...said, principal: outside })).toEqual({
      settled: false,
      reason: 'out-of-reach',
    });
    expect((await stores.gate.intent(effectId))?.status).toBe('uncertain');
  });

  test('a key that expires loses its streams', async () => {
    const { stores, database } = use();
    const by = person('ann', 'admin');
    const expiresAtMs = Date.now() + 3_600_000;
    const { keyId } = await stores.apiKeys.create({ name: 'soon', role: 'viewer', expiresAtMs }, by);
    const streams = createStreams({
      feed: stores.eventFeed,
      incidents: stores.incidentReader,
      apiKeys: stores.apiKeys,
      metrics: createMetrics({ processMetrics: false }),
      log: silent,
      maxReaders: 10,
      checkKeysMs: 0,
    });
    const principal = { keyId, name: 'soon', role: 'viewer', person: 'ann' } as const;
    const body = streams.news({ principal, address: 'here', session: null }, null).body?.getReader();
    if (body === undefined) throw new Error('the stream has no body');
    await body.read();
    await database.db.updateTable('api_keys').set({ expires_at_ms: 1 }).where('key_id', '=', keyId).execute();
    let text = '';
    for (let part = await body.read(); !part.done; part = await body.read())
      text += new TextDecoder().decode(part.value);
    expect(text).toContain('event: revoked');
    await streams.close();
  });
});
