// Silences as the stores keep and obey them: what is found meanwhile waits and is judged again, and nothing is done about it.

import { describe, expect, test } from 'vitest';
import type { Stores } from '../../../adapters/postgres/index.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Silence, SilenceTerms } from '../../../domain/silences/silence.ts';
import { createDispatcher, defaultDispatchSettings } from '../../../ingest/dispatch.ts';
import { MemoryMetrics, silentLog } from '../../ingest/support/memory.ts';
import { describeStores } from '../../support/stores.ts';
import { anomalyOf, passGate, perform, person, readyToAct, unique } from './fixtures.ts';

const ada = person('ada');
const hour = 3_600_000;
const correlation = { windowMs: 60_000, maxHops: 1 };

function termsFor(environment: string, change: Partial<SilenceTerms> = {}): SilenceTerms {
  return {
    kind: 'silence',
    matchers: [{ label: 'environment', is: '=', value: environment }],
    schedule: { kind: 'once', startsAtMs: Date.now() - 60_000, endsAtMs: Date.now() + hour },
    silences: ['notifications', 'incidents', 'actions'],
    reason: 'load test',
    ticket: 'OPS-7',
    ...change,
  };
}
async function silence(
  stores: Stores,
  environment: string,
  change: Partial<SilenceTerms> = {},
): Promise<Silence> {
  const result = await stores.silences.create(termsFor(environment, change), ada);
  if (!result.made) throw new Error(JSON.stringify(result));
  return result.silence;
}

await describeStores('silences', (use) => {
  const assign = (anomaly: Anomaly) => use().stores.episodes.assign(anomaly, correlation);
  /** What is due is put back, taken, and judged like anything else. */
  async function judgedAgain(): Promise<readonly string[]> {
    const { stores } = use();
    await stores.episodes.judgeAgain(100);
    const items = await stores.inbox.take(100, 60_000);
    const found = items.flatMap((item) => (item.kind === 'anomaly' ? [item.anomaly] : []));
    const kinds = (await stores.episodes.assignAll(found, correlation)).map(({ kind }) => kind);
    await stores.inbox.done(...items.map(({ id }) => id));
    return kinds;
  }

  describe('and what is found', () => {
    test('what is silenced opens no incident; the silence lists it, and says why', async () => {
      const { stores } = use();
      const environment = unique('env');
      const made = await silence(stores, environment);
      const anomaly = anomalyOf({ environment });
      const answer = await assign(anomaly);
      expect(answer).toMatchObject({ kind: 'silenced', reason: expect.stringContaining(made.id) });
      expect(answer).toMatchObject({ reason: expect.stringMatching(/by ada: load test \(OPS-7\)/) });
      expect(await stores.silences.findings(made.id)).toMatchObject([
        { anomalyId: anomaly.id, environment, service: 'api', dueAtMs: expect.any(Number) },
      ]);
      expect(await assign(anomalyOf({ environment: unique('other') }))).toMatchObject({ kind: 'incident' });
    });

    test('what fires on when the silence is ended opens its incident then; what has cleared does not', async () => {
      const { stores } = use();
      const environment = unique('env');
      const made = await silence(stores, environment);
      const [lasts, passes] = [anomalyOf({ environment }), anomalyOf({ environment, service: 'cart' })];
      await assign(lasts);
      await assign(passes);
      expect(await assign({ ...passes, state: 'cleared' })).toEqual({
        kind: 'ignored',
        reason: 'it was silenced, and is over',
      });
      expect(await judgedAgain()).toEqual([]);
      expect(await stores.silences.end(made.id, 'the test is over', ada)).toMatchObject({ made: true });
      expect(await judgedAgain()).toEqual(['incident']);
      expect(await judgedAgain()).toEqual([]);
      const waits = (await stores.silences.findings(made.id)).filter(({ dueAtMs }) => dueAtMs !== null);
      expect(waits).toEqual([]);
    });

    test('what another silence covers when the first one ends goes on waiting, for that one', async () => {
      const { stores } = use();
      const environment = unique('env');
      const first = await silence(stores, environment);
      await assign(anomalyOf({ environment }));
      const second = await silence(stores, environment, { reason: 'still at it' });
      await stores.silences.end(first.id, 'done', ada);
      expect(await judgedAgain()).toEqual(['silenced']);
      expect(await stores.silences.findings(second.id)).toMatchObject([{ dueAtMs: expect.any(Number) }]);
    });

    test('expiry alone is enough', async () => {
      const { stores } = use();
      const environment = unique('env');
      const soon = Date.now() + 1_500;
      const schedule = { kind: 'once', startsAtMs: Date.now() - 60_000, endsAtMs: soon } as const;
      const made = await silence(stores, environment, { schedule });
      expect(await assign(anomalyOf({ environment }))).toMatchObject({ kind: 'silenced' });
      await expect.poll(() => judgedAgain(), { timeout: 60_000, interval: 100 }).toEqual(['incident']);
      expect(Date.now()).toBeGreaterThanOrEqual(soon);
      expect(await stores.silences.change(made.id, termsFor(environment), ada)).toMatchObject({
        made: false,
        reason: 'expired',
      });
    });

    test('a silence that ends sooner, or is about something else now, lets go of what it held', async () => {
      const { stores } = use();
      const environment = unique('env');
      const made = await silence(stores, environment);
      await assign(anomalyOf({ environment }));
      const onlyCart = [...made.matchers, { label: 'service', is: '=', value: 'cart' } as const];
      const changed = await stores.silences.change(
        made.id,
        termsFor(environment, { matchers: onlyCart }),
        ada,
      );
      expect(changed).toMatchObject({ made: true, silence: { version: 2, createdBy: made.createdBy } });
      expect(await judgedAgain()).toEqual(['incident']);
      expect((await stores.silences.versions(made.id)).map(({ version }) => version)).toEqual([1, 2]);
    });

    test('an event that is silenced is suppressed, by what and why, and then in its incident: each time one of them', async () => {
      const { stores } = use();
      const environment = unique('env');
      const made = await silence(stores, environment);
      const metrics = new MemoryMetrics();
      const dispatcher = createDispatcher({
        ...{ inbox: stores.inbox, episodes: stores.episodes, correlation, metrics, log: silentLog },
        starter: { tell: async () => 'signalled' },
        clock: { nowMs: () => Date.now() },
        settings: defaultDispatchSettings,
      });
      const eventId = unique('event');
      const anomaly = anomalyOf({ environment });
      await stores.inbox.put([{ id: `anomaly/${anomaly.id}/firing`, kind: 'anomaly', anomaly, eventId }]);
      const explained = async () =>
        (await stores.records.explain(eventId)).items.map(({ outcome, reason }) => ({ outcome, reason }));
      expect(await explained()).toMatchObject([{ outcome: 'waiting' }]);
      await dispatcher.drainOnce();
      const reason = expect.stringContaining(`by ada: load test (OPS-7) [${made.id}]`);
      expect(await explained()).toEqual([{ outcome: 'suppressed', reason }]);
      expect(metrics.counts.get('sentinel_inbox_items_total{silenced}')).toBe(1);
      await stores.silences.end(made.id, 'done', ada);
      expect(await stores.episodes.judgeAgain(10)).toBe(1);
      await dispatcher.drainOnce();
      expect((await explained()).map(({ outcome }) => outcome)).toEqual(['incident', 'incident']);
    });

    test('the labels of an alert are asked about, also when its incident has given it back without them', async () => {
      const { stores } = use();
      const environment = unique('env');
      const alert: Anomaly = {
        ...anomalyOf({ environment }),
        ...{
          detector: 'external',
          seriesKey: unique('alert'),
          labels: { alertname: 'DiskFull', team: 'pay' },
        },
      };
      const opened = await assign(alert);
      if (opened.kind !== 'incident') throw new Error(opened.kind);
      await stores.incidents.closeEpisode(opened.input.incidentId, 'escalated', Date.now());
      const { labels: _, ...without } = alert;
      const team = { label: 'team', is: '=', value: 'pay' } as const;
      await silence(stores, environment, { matchers: [...termsFor(environment).matchers, team] });
      expect(await assign(without)).toMatchObject({ kind: 'silenced' });
      expect(await assign({ ...without, id: unique('x') })).toMatchObject({ kind: 'incident' });
    });

    test('one that only keeps people from being told opens incidents as ever', async () => {
      const { stores } = use();
      const environment = unique('env');
      await silence(stores, environment, { silences: ['notifications'] });
      const opened = await assign(anomalyOf({ environment }));
      if (opened.kind !== 'incident') throw new Error(opened.kind);
      const here = await stores.silences.ofIncident(opened.input.incidentId);
      expect(here).toMatchObject({ notifications: { silence: { reason: 'load test' } }, incidents: null });
    });
  });

  describe('and the gate', () => {
    const step = (ready: { incidentId: string; planHash: string }) =>
      ({ incidentId: ready.incidentId, planHash: ready.planHash, step: 0, direction: 'forward' }) as const;

    test('nothing is done for an incident all of which is silenced, and it is done when the silence ends', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores);
      const made = await silence(stores, ready.environment);
      expect(await passGate(stores, step(ready))).toMatchObject({
        granted: false,
        reason: 'silenced',
        detail: expect.stringContaining(made.id),
      });
      await stores.silences.end(made.id, 'done', ada);
      expect(await passGate(stores, step(ready))).toMatchObject({ granted: true });
    });

    test('a symptom that nobody silenced keeps its actions', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores);
      const services = { label: 'service', is: '=', value: 'another' } as const;
      await silence(stores, ready.environment, {
        matchers: [...termsFor(ready.environment).matchers, services],
      });
      expect(await passGate(stores, step(ready))).toMatchObject({ granted: true });
    });

    test('an incident is silenced only when all of it that fires is', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores);
      const { environment } = ready;
      const [first] = (await stores.incidentReader.members(ready.incidentId, 1, null)).items;
      const another = anomalyOf({
        environment,
        service: first?.service ?? '',
        severity: 'warning',
        onsetMs: Date.now(),
      });
      const joined = await stores.episodes.assign(another, { windowMs: hour, maxHops: 0 });
      expect(joined).toMatchObject({ input: { incidentId: ready.incidentId } });
      const critical = { label: 'severity', is: '=', value: 'critical' } as const;
      await silence(stores, environment, { matchers: [...termsFor(environment).matchers, critical] });
      expect((await stores.silences.ofIncident(ready.incidentId)).actions).toBeNull();
      expect(await passGate(stores, step(ready))).toMatchObject({ granted: true });
      await ready.record({ type: 'anomaly-observed', anomaly: another });
      await ready.record({ type: 'anomaly-cleared', anomalyId: another.id, clearedMs: Date.now() });
      expect((await stores.silences.ofIncident(ready.incidentId)).actions).not.toBeNull();
    });

    test('one that is not about actions stops none', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores);
      await silence(stores, ready.environment, { silences: ['incidents', 'notifications'] });
      expect(await passGate(stores, step(ready))).toMatchObject({ granted: true });
    });

    test('what is worked on is not acted on, whatever the incident is about', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores, { service: unique('target') });
      const [target] = ready.plan.plan.steps;
      const service = { label: 'service', is: '=', value: target?.target.service ?? '' } as const;
      const window = { kind: 'maintenance', matchers: [service] } as const;
      await silence(stores, ready.environment, window);
      expect(await passGate(stores, step(ready))).toMatchObject({
        reason: 'silenced',
        detail: expect.stringContaining('in maintenance'),
      });
    });

    test('what has passed the gate is not sent any more; what was sent is brought to its end', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores);
      const passed = await passGate(stores, step(ready));
      if (!passed.granted) throw new Error(passed.reason);
      const { id } = passed.intent;
      const made = await silence(stores, ready.environment);
      await expect(stores.gate.mark(id, 'sent', '')).rejects.toMatchObject({ reason: 'silenced' });
      expect(await passGate(stores, step(ready))).toMatchObject({ granted: false, reason: 'silenced' });
      await stores.silences.end(made.id, 'done', ada);
      expect(await stores.gate.mark(id, 'sent', '')).toMatchObject({ before: 'written' });
      await silence(stores, ready.environment);
      expect(await stores.gate.permit(id, 1)).toEqual({ ok: true });
    });

    test('an undo that is owed waits for people, too', async () => {
      const { stores } = use();
      const ready = await readyToAct(stores);
      await perform(stores, ready);
      await silence(stores, ready.environment);
      expect(await passGate(stores, { ...step(ready), direction: 'compensation' })).toMatchObject({
        granted: false,
        reason: 'silenced',
      });
    });
  });

  describe('and people', () => {
    test('every change is audited with who made it, and what was refused for reach, too', async () => {
      const { stores } = use();
      const environment = unique('env');
      const limited = { ...person('bo'), reach: { environments: ['staging*'] } };
      const made = await silence(stores, environment);
      expect(await stores.silences.create(termsFor(environment), limited)).toMatchObject({
        reason: 'out-of-reach',
      });
      expect(await stores.silences.change(made.id, termsFor('staging-1'), limited)).toMatchObject({
        reason: 'out-of-reach',
      });
      expect(await stores.silences.end(made.id, 'x', limited)).toMatchObject({ reason: 'out-of-reach' });
      expect(await stores.silences.create(termsFor('staging-1'), limited)).toMatchObject({ made: true });
      await stores.silences.end(made.id, 'done', ada);
      expect(await stores.silences.end(made.id, 'again', ada)).toMatchObject({ silence: { version: 2 } });
      const { items } = await stores.audit.query({ subject: `silence/${made.id}` }, 10, null);
      const said = items.map(({ actor, action, canonical }) => {
        const { details, reason } = JSON.parse(canonical);
        return [actor, action, reason, details.refused ?? null, details.matchers];
      });
      const matchers = `environment="${environment}"`;
      expect(said).toEqual([
        ['person:ada', 'silence.end', 'done', null, matchers],
        ['person:bo', 'silence.end', 'x', 'out-of-reach', matchers],
        ['person:bo', 'silence.change', 'load test', 'out-of-reach', 'environment="staging-1"'],
        ['person:ada', 'silence.create', 'load test', null, matchers],
      ]);
    });

    test('what is too long, over, or about everything is refused', async () => {
      const { stores } = use();
      const long = {
        schedule: { kind: 'once', startsAtMs: Date.now() - 60_000, endsAtMs: Date.now() + 8 * 24 * hour },
      } as const;
      for (const change of [long, { matchers: [{ label: 'service', is: '!=', value: 'x' } as const] }])
        expect(await stores.silences.create(termsFor('x', change), ada)).toMatchObject({ reason: 'invalid' });
      expect(await stores.silences.end('silence-0', 'x', ada)).toMatchObject({ reason: 'unknown' });
    });

    test('a preview says which open incidents it would be about, and how much of them', async () => {
      const { stores } = use();
      const environment = unique('env');
      const near = { windowMs: 60_000, maxHops: 0 };
      const first = await stores.episodes.assign(anomalyOf({ environment }), near);
      await stores.episodes.assign(anomalyOf({ environment, severity: 'warning' }), near);
      if (first.kind !== 'incident') throw new Error(first.kind);
      const { incidentId } = first.input;
      const told = { ...termsFor(environment).matchers[0], label: 'environment' } as const;
      expect(await stores.silences.preview([told as never])).toMatchObject({ incidents: [] });
      const ready = await readyToAct(stores, { environment: unique('env') });
      const matchers = termsFor(ready.environment).matchers;
      expect((await stores.silences.preview(matchers)).incidents).toMatchObject([
        { incidentId: ready.incidentId, matched: 1, findings: 1 },
      ]);
      expect(incidentId).not.toBe(ready.incidentId);
    });
  });
});
