/** A real Loki: what its rules find, which lines are read and as what, and what doctor says is missing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectLoki } from '../../../adapters/loki/api.ts';
import { checkLoki } from '../../../adapters/loki/doctor.ts';
import { lookInto } from '../../../adapters/loki/look.ts';
import { createLokiReadings } from '../../../adapters/loki/readings.ts';
import { settings as schema } from '../../../adapters/loki/settings.ts';
import type { Observation } from '../../../domain/observation.ts';
import { describeWith } from '../../support/component.ts';
import type { LokiInfo } from '../../support/components/loki.ts';
import { type Loki, type PushedLine, startLoki } from '../../support/loki.ts';

type Given = Partial<Parameters<typeof schema.parse>[0] & object>;
const second = 1_000_000_000n;
const off = { errorShare: false, errorRate: false, newErrors: false };

await describeWith<LokiInfo>('loki', 'Loki', ({ executable }) => {
  let loki: Loki;
  let nowMs = 0;

  beforeAll(async () => {
    loki = await startLoki(executable, true);
    nowMs = Date.now();
    const nowNs = BigInt(nowMs) * 1_000_000n;
    const many = (text: string, count: number): PushedLine[] =>
      Array.from({ length: count }, (_, index) => [nowNs - BigInt(index) * second, text]);
    await loki.push({ app: 'orders', env: 'stage' }, [
      ...many('level=info msg="order taken"', 30),
      ...many('level=error msg="payment failed"', 15),
      [nowNs - 1_800n * second, 'level=error msg="payment failed"'],
    ]);
    await loki.push({ app: 'mail', env: 'stage' }, [
      ...many('level=info msg=sent', 40),
      ...many('level=error msg="mailbox full"', 3),
    ]);
  });
  afterAll(() => loki?.stop());

  function asked(given: Given, environments = ['prod', 'stage']) {
    const configured = schema.parse({ url: loki.url, tenant: 'shop', by: ['service_name', 'env'], ...given });
    const monitored = { ...configured, name: 'main', environments };
    const api = connectLoki(configured, null);
    return {
      readings: createLokiReadings(monitored, api, () => nowMs),
      check: () => checkLoki(monitored, api),
    };
  }
  const long = () => AbortSignal.timeout(60_000);
  const titles = (seen: readonly Observation[]) =>
    seen.flatMap((one) => (one.kind === 'alert' ? [`${one.scope.service}: ${one.title}`] : []));

  test('presets find the services that write errors, and those that have only begun to', async () => {
    const atOnce = { forSeconds: 0 };
    const presets = { errorShare: atOnce, errorRate: { ...atOnce, limit: 0.04 }, newErrors: atOnce };
    const { readings } = asked({ presets, lines: false });
    const seen = await readings.read('stage', long());
    expect(titles(seen).toSorted()).toEqual([
      'mail: has begun to write errors: 3 lines',
      'orders: 33.3 % of its log lines are errors, over 20 %',
      'orders: writes 0.05 error lines a second, over 0.04',
    ]);
    const rates = seen.flatMap((one) =>
      one.kind === 'gauge' ? [[one.metric, one.scope.service, one.value]] : [],
    );
    expect(rates.toSorted()).toEqual([
      ['log.errors.rate', 'mail', 0.01],
      ['log.errors.rate', 'orders', 0.05],
    ]);
    expect(await readings.read('prod', long())).toEqual([]);
  });

  describe('lines', () => {
    test('are what a service wrote, with its level, and no sign that it lives', async () => {
      const { readings } = asked({ presets: off, lines: { delaySeconds: 0 } });
      nowMs += 1_000;
      await readings.read('stage', long());
      readings.told?.('stage');
      nowMs += 10_000;
      const atNs = BigInt(nowMs - 5_000) * 1_000_000n;
      await loki.push({ app: 'orders', env: 'stage', pod: 'orders-1' }, [
        [atNs, '{"level":"error","msg":"no stock","order":7}'],
        [atNs, 'all is well'],
        [atNs, 'careful', { severity_text: 'WARN', detected_level: 'warn' }],
      ]);
      const seen = await readings.read('stage', long());
      const told = seen.flatMap((one) => (one.kind === 'log' ? [one] : []));
      expect(told.toSorted((a, b) => a.severityNumber - b.severityNumber)).toMatchObject([
        { body: 'careful', severityNumber: 13 },
        {
          ...{ severityNumber: 17, fromOutside: true, atMs: nowMs - 5_000 },
          scope: { environment: 'stage', service: 'orders', resourceId: 'orders-1' },
          body: expect.stringMatching(/^no stock/),
        },
      ]);
      expect(told).toHaveLength(2);
    });

    test('of one nanosecond are all read, in bounded looks, each once', async () => {
      const { readings } = asked({ presets: off, lines: { delaySeconds: 0, limit: 10 } });
      await readings.read('prod', long());
      readings.told?.('prod');
      const atNs = BigInt(nowMs + 5_000) * 1_000_000n;
      nowMs += 10_000;
      const wanted = Array.from({ length: 25 }, (_, index) => `line ${index}`);
      const lines = wanted.map((text): PushedLine => [atNs, `level=error msg="${text}"`]);
      await loki.push({ app: 'burst', env: 'prod' }, lines);
      const looks: string[][] = [];
      for (const _ of Array(4)) {
        const seen = await readings.read('prod', long());
        readings.told?.('prod');
        looks.push(seen.flatMap((one) => (one.kind === 'log' ? [one.body] : [])));
      }
      expect(looks.map(({ length }) => length)).toEqual([10, 10, 5, 0]);
      expect(looks.flat().toSorted()).toEqual(wanted.toSorted());
    });

    test('that cannot be caught up with are left out, and that is told', async () => {
      const { readings } = asked({ presets: off });
      const at = `${BigInt(nowMs - 3 * 3_600_000) * 1_000_000n}`;
      readings.resume?.('prod', JSON.stringify({ at, told: [] }));
      await readings.read('prod', long());
      expect(readings.problem?.()).toMatch(/^lines between .* UTC were left out/);
      readings.resume?.('prod', 'nonsense');
      readings.told?.('prod');
      await readings.read('prod', long());
      expect(readings.problem?.()).toBeNull();
    });

    test('that are refused keep no rule from being asked, and are told', async () => {
      const { readings } = asked({ lines: { query: '| nonsense(' }, presets: { ...off, newErrors: {} } });
      await readings.read('stage', long());
      readings.told?.('stage');
      nowMs += 15_000;
      expect(titles(await readings.read('stage', long()))).toContain(
        'mail: has begun to write errors: 3 lines',
      );
      expect(readings.problem?.()).toMatch(/^lines: .*parse error/);
    });
  });

  describe('asked about an incident', () => {
    const look = (services: readonly string[], environment = 'stage', given: Given = {}) => {
      const configured = schema.parse({
        url: loki.url,
        tenant: 'shop',
        by: ['service_name', 'env'],
        ...given,
      });
      const monitored = { ...configured, name: 'main', environments: ['prod', 'stage'] };
      const onsetMs = nowMs - 10_000;
      const range = { onsetMs, fromMs: onsetMs - 300_000, toMs: nowMs + 1_000 };
      const ask = lookInto(monitored, connectLoki(configured, null));
      return ask({ environment, services, ...range }, long());
    };

    test('shows lines of its services around the onset, errors first, without secrets, in order', async () => {
      const atNs = BigInt(nowMs - 9_000) * 1_000_000n;
      const lines = Array.from(
        { length: 300 },
        (_, index): PushedLine => [atNs + BigInt(index), `level=info msg="page ${index}"`],
      );
      const secret: PushedLine = [atNs + 400n, 'level=error msg="login failed" password=hunter2secret'];
      await loki.push({ app: 'pages.v1', env: 'stage' }, [...lines, secret]);
      const { lines: found, problem } = await look(['pages.v1', 'nobody"} or {x="']);
      expect(found).toHaveLength(200);
      expect(problem).toBe('there are more lines than the 200 that are kept');
      expect(found.at(-1)).toMatchObject({ service: 'pages.v1', severityNumber: 17 });
      expect(found.at(-1)?.text).toContain('login failed');
      expect(JSON.stringify(found)).not.toContain('hunter2secret');
      expect(new Set(found.map(({ service }) => service))).toEqual(new Set(['pages.v1']));
      expect(found.map(({ atMs }) => atMs)).toEqual(found.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
      // The dot is none of any character, and an environment is one alone.
      expect((await look(['pages-v1', 'pages.v2'])).lines).toEqual([]);
      expect((await look(['pages.v1'], 'prod')).lines).toEqual([]);
    });

    test('shows the courses of its rules, and what was refused', async () => {
      const rules = [{ name: 'broken', query: 'sum(', above: 1 }];
      const { series, problem } = await look(['orders'], 'stage', { rules });
      expect(series.map(({ name, service }) => [name, service])).toContainEqual([
        'log.errors.rate',
        'orders',
      ]);
      expect(new Set(series.map(({ service }) => service))).toEqual(new Set(['orders']));
      expect(problem).toMatch(/^rule broken: parse error/);
    });
  });

  test('doctor says what is missing: the tenant, streams, levels, and a rule that is wrong', async () => {
    expect(await asked({}).check()).toMatchObject({ name: 'Loki main', status: 'ok' });
    const said = async (given: Given) => (await asked(given).check()).detail;
    expect(await said({ tenant: undefined })).toContain('does not accept the credentials (401)');
    expect(await said({ selector: '{app="elsewhere"}' })).toContain('no line of the last hour is in');
    expect(await said({ rules: [{ name: 'bad', query: 'sum(' }] })).toMatch(/^refuses rule bad: parse error/);
    expect(await said({ lines: { query: '| nonsense(' } })).toMatch(/^refuses lines: parse error/);
  });
});
