// Silences read from a real Alertmanager: they mean here what they mean there, hold as long as there, and outlive its absence.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertmanagers } from '../../../adapters/alertmanager/index.ts';
import { createStores, type Database, type Stores } from '../../../adapters/postgres/index.ts';
import { compileMatchers, type Matcher, operators } from '../../../domain/silences/matchers.ts';
import { createSilenceMirrors } from '../../../ingest/silence-mirrors.ts';
import { silentLog } from '../../ingest/support/memory.ts';
import { type Alertmanager, startAlertmanager } from '../../support/alertmanager.ts';
import { describeWith } from '../../support/component.ts';
import type { AlertmanagerInfo } from '../../support/components/alertmanager.ts';
import { openMemory, testLimits } from '../../support/stores.ts';
import { anomalyOf, person, unique } from '../postgres/fixtures.ts';

const nothing = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n';
const correlation = { windowMs: 60_000, maxHops: 1 };
const hour = 3_600_000;

const theirs = (is: Matcher['is']) => ({ isRegex: is.endsWith('~'), isEqual: is.startsWith('=') });

await describeWith<AlertmanagerInfo>('alertmanager', 'silences of Alertmanager', ({ executable }) => {
  let alertmanager: Alertmanager;
  beforeAll(async () => {
    alertmanager = await startAlertmanager(executable, nothing);
  });
  afterAll(() => alertmanager?.stop());

  const given = (url = alertmanager.url) => ({
    ...alertmanagers.settings.parse({ url }),
    ...{ name: 'main', environments: ['production'] },
  });
  const silence = (matchers: readonly Matcher[], endsAtMs = Date.now() + hour) =>
    alertmanager.silence({
      matchers: matchers.map(({ label: name, is, value }) => ({ name, value, ...theirs(is) })),
      ...{ startsAt: new Date().toISOString(), endsAt: new Date(endsAtMs).toISOString() },
      ...{ createdBy: 'bob', comment: 'planned work' },
    });

  test('a matcher fits here what it fits there', async () => {
    const values = ['orders', 'order', 'orders-2', 'Orders', 'or.ders'];
    const patterns = [
      'orders',
      'order',
      'order.*',
      '.*',
      '.+',
      '',
      'orders|or.ders',
      '(?i)orders',
      '[a-z]+',
      'o(rder)?s?',
    ];
    await Promise.all(values.map((team) => alertmanager.alert({ alertname: 'Compared', team })));
    await alertmanager.alert({ alertname: 'Compared', other: 'x' });
    const labelSets = [...values.map((team) => ({ team: [team] })), {}];
    const differ: string[] = [];
    const cases = operators.flatMap((is) => patterns.map((value): Matcher => ({ label: 'team', is, value })));
    for (const matcher of cases) {
      const id = await silence([{ label: 'alertname', is: '=', value: 'Compared' }, matcher]);
      const silenced = await alertmanager.silencedBy(id);
      await alertmanager.expire(id);
      const expected = labelSets.map(({ team }: { team?: string[] }) =>
        silenced.some((one) => one.team === team?.[0]),
      );
      const found = labelSets.map((labels) => compileMatchers([matcher])(labels));
      if (JSON.stringify(found) !== JSON.stringify(expected))
        differ.push(`${matcher.is}${matcher.value}: ${found} instead of ${expected}`);
    }
    expect(differ).toEqual([]);
  });

  describe('as they are kept here', () => {
    let database: Database;
    let stores: Stores;
    beforeAll(async () => {
      database = await openMemory();
      stores = createStores(database, { limits: testLimits });
    });
    afterAll(() => database.close());

    async function mirrors(url?: string) {
      const parts = await alertmanagers.load();
      const reader = parts.silences?.(given(url), null);
      if (reader === undefined) throw new Error('it has no silences');
      const { environments } = given(url);
      return createSilenceMirrors([{ ...reader, everyMs: 50, name: 'alertmanagers/main', environments }], {
        mirror: stores.silenceMirror,
        log: silentLog,
      });
    }
    const assign = (environment: string, service: string) =>
      stores.episodes.assign(anomalyOf({ environment, service }), correlation);

    test('they hold, by what Alertmanager calls things, until they are gone there', async () => {
      const service = unique('orders');
      const id = await silence([{ label: 'job', is: '=', value: service }]);
      const running = await mirrors();
      running.start();
      const active = () => stores.silences.list().then((all) => all.filter(({ ended }) => ended === null));
      await expect
        .poll(active, { timeout: 60_000 })
        .toMatchObject([
          { source: { name: 'alertmanagers/main', id, by: 'bob' }, reason: 'planned work', version: 1 },
        ]);
      expect(running.health()).toEqual([{ name: 'alertmanagers/main', problem: null }]);
      expect(await assign('production', service)).toMatchObject({
        kind: 'silenced',
        reason: expect.stringMatching(/by bob in alertmanagers\/main: planned work/),
      });
      expect(await assign('staging', service)).toMatchObject({ kind: 'incident' });
      const [kept] = await active();
      expect(await stores.silences.end(kept?.id ?? '', 'x', person('ada'))).toMatchObject({
        reason: 'read-only',
      });
      await alertmanager.expire(id);
      await expect.poll(active, { timeout: 60_000 }).toEqual([]);
      await running.stop();
      expect(await stores.episodes.judgeAgain(10)).toBe(1);
      expect((await stores.silences.get(kept?.id ?? ''))?.ended).toMatchObject({
        reason: 'gone from alertmanagers/main',
      });
    });

    test('they hold until their own end while nobody answers, and that is said', async () => {
      const service = unique('orders');
      const id = await silence([{ label: 'service', is: '=', value: service }]);
      const first = await mirrors();
      first.start();
      await expect
        .poll(() => assign('production', service), { timeout: 60_000 })
        .toMatchObject({ kind: 'silenced' });
      await first.stop();
      const away = await mirrors('http://127.0.0.1:9');
      away.start();
      await expect
        .poll(() => away.health()[0]?.problem, { timeout: 60_000 })
        .toContain(
          '127.0.0.1:9 cannot be reached (ECONNREFUSED); what was read before holds until its own end',
        );
      await away.stop();
      expect(await assign('production', service)).toMatchObject({ kind: 'silenced' });
      expect((await stores.silences.list()).filter(({ source }) => source?.id === id)).toHaveLength(1);
    });

    test('what has not changed makes no version, and what has makes one', async () => {
      const source = {
        name: 'alertmanagers/other',
        environments: ['production'],
        otherNames: { service: ['job'] },
      };
      const one = {
        ...{ id: 'a', by: 'bob', reason: 'work', startsAtMs: Date.now(), endsAtMs: Date.now() + hour },
        matchers: [{ label: 'job', is: '=', value: unique('x') } as const],
      };
      expect(await stores.silenceMirror.mirror(source, [one])).toBe(1);
      expect(await stores.silenceMirror.mirror(source, [one])).toBe(0);
      expect(await stores.silenceMirror.mirror(source, [{ ...one, endsAtMs: one.endsAtMs + 1 }])).toBe(1);
      expect(await stores.silenceMirror.mirror({ ...source, environments: ['staging'] }, [one])).toBe(1);
      const [kept] = (await stores.silences.list()).filter(({ source: of }) => of?.name === source.name);
      expect((await stores.silences.versions(kept?.id ?? '')).map(({ version }) => version)).toEqual([
        1, 2, 3,
      ]);
      expect(await stores.silenceMirror.mirror(source, [])).toBe(1);
      const { items } = await stores.audit.query({ subject: `silence/${kept?.id}` }, 10, null);
      expect(items.map(({ actor, action }) => [actor, action])).toEqual(
        Array.from({ length: 4 }, () => ['system:alertmanagers/other', 'silence.mirror']),
      );
    });
  });

  test('doctor says whether it answers', async () => {
    const { doctor } = await alertmanagers.load();
    expect(await doctor(given(), null)).toMatchObject({ status: 'ok' });
    expect(await doctor(given('http://127.0.0.1:9'), null)).toMatchObject({ status: 'warning' });
  });
});

describe('an answer', () => {
  test('of something else is refused, and what cannot be read is counted', async () => {
    const { startHttp } = await import('../../../api/server.ts');
    const answers = {
      '/odd/api/v2/silences': { hello: 1 },
      '/some/api/v2/silences': ['=~', '=', '=~'].map((is, index) => ({
        ...{ id: `s${index}`, status: { state: 'active' }, createdBy: 'b', comment: 'c' },
        ...{ startsAt: '2026-01-01T00:00:00Z', endsAt: '2030-01-01T00:00:00Z' },
        matchers: [{ name: 'service', value: ['(', 'x', '.*'][index], ...theirs(is as Matcher['is']) }],
      })),
    };
    const server = await startHttp({
      fetch: async (request) => Response.json(answers[new URL(request.url).pathname as keyof typeof answers]),
      ...{ host: '127.0.0.1', port: 0 },
    });
    const read = async (path: string) => {
      const { silences } = await alertmanagers.load();
      const set = {
        ...alertmanagers.settings.parse({ url: `${server.url}${path}` }),
        name: 'x',
        environments: ['p'],
      };
      return silences?.(set, null).read(AbortSignal.timeout(60_000));
    };
    await expect(read('/odd')).rejects.toThrow('does not answer as an Alertmanager does');
    expect(await read('/some')).toMatchObject({
      silences: [{ id: 's1', by: 'b', reason: 'c' }],
      unreadable: 2,
    });
    await server.close();
  });
});
