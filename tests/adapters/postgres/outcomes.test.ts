// What became of each effect, as the events of incidents tell it: the track record by service, and the breakers on the share that
// was in vain.

import { expect, test } from 'vitest';
import type { Stores } from '../../../adapters/postgres/index.ts';
import type { IncidentEventBody } from '../../../domain/incident/events.ts';
import type { PlanStep } from '../../../domain/remediation/plan.ts';
import { describeStores, testLimits } from '../../support/stores.ts';
import { auto, passGate, perform, person, propose, readyToAct, stepOf, unique } from './fixtures.ts';

const failed = (about: Acted['about'], more: object = {}) =>
  ({ type: 'effect-failed', ...about, reason: 'no answer', ...more }) as IncidentEventBody;
const applied = (about: Acted['about']) =>
  ({ type: 'effect-applied', ...about, foundByLookup: false, summary: 'done' }) as IncidentEventBody;
const verified = (outcome: 'recovered' | 'not-recovered' | 'unverified', attempt = 1) =>
  ({
    type: 'verified',
    attempt,
    result: {
      ...{ outcome, settled: true, reason: 'looked', freshSamples: 9 },
      ...{ series: [], controlImprovedToo: false },
    },
  }) as IncidentEventBody;

type Acted = Awaited<ReturnType<typeof act>>;

/** One effect is sent, and its incident knows of it. What became of it the test tells. */
async function act(stores: Stores, environment: string, action: PlanStep['action'] = 'scale') {
  const service = unique('svc');
  const parameters: PlanStep['parameters'] = action === 'scale' ? { replicas: 4 } : {};
  const steps = [stepOf(environment, service, { action, parameters })];
  const ready = await readyToAct(stores, { environment, service, steps });
  const intentId = await perform(stores, ready);
  const about = { intentId, step: 0, direction: 'forward' } as const;
  await ready.record({ type: 'intent-written', ...about });
  return { ready, service, about };
}

async function came(stores: Stores, environment: string, ...outcomes: ('helped' | 'in-vain')[]) {
  for (const outcome of outcomes) {
    const { ready, about } = await act(stores, environment);
    await ready.record(applied(about), verified(outcome === 'helped' ? 'recovered' : 'not-recovered'));
  }
}

const recordOf = async (stores: Stores, environment: string) =>
  (await stores.trackRecord.since(0, 10_000)).filter((one) => one.environment === environment);

await describeStores('what became of effects', (use) => {
  test.each([
    ['failed', {}, { effects: 1, failed: 1 }],
    ['was never sent', { neverSent: true }, null],
    ['was cancelled by a person', { cancelled: true }, null],
    ['was replaced by somebody else', { superseded: true }, null],
  ])('an effect that %s', async (_what, how, counted) => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(failed(about, how));
    const found = await recordOf(stores, environment);
    expect(found).toEqual(counted === null ? [] : [expect.objectContaining(counted)]);
  });

  test('a look that cannot tell says nothing; a later one that can counts in place of an earlier', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about, service } = await act(stores, environment);
    await ready.record(applied(about), verified('unverified'));
    expect(await recordOf(stores, environment)).toEqual([]);
    await ready.record(verified('not-recovered'));
    expect(await recordOf(stores, environment)).toMatchObject([{ service, helped: 0, didNotHelp: 1 }]);
    await ready.record(verified('unverified'));
    expect(await recordOf(stores, environment)).toMatchObject([{ helped: 0, didNotHelp: 1 }]);
    await ready.record(verified('recovered'));
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, helped: 1, didNotHelp: 0 }]);
  });

  test('an attempt speaks for its own effects, and never for one that failed', async () => {
    const { stores } = use();
    const environment = unique('env');
    const first = await act(stores, environment);
    await first.ready.record(applied(first.about), verified('not-recovered'));
    // The second attempt of the same incident: one step fails, and the symptom passes all the same.
    await first.ready.record({ type: 'enrichment-started', attempt: 2 });
    const again = [stepOf(environment, first.service, { action: 'restart', parameters: {} })];
    const { planHash } = await propose(stores, first.ready, again, auto, 2);
    const passed = await passGate(stores, {
      ...{ incidentId: first.ready.incidentId, planHash, step: 0, direction: 'forward' },
    });
    if (!passed.granted) throw new Error(passed.detail);
    const about = { intentId: passed.intent.id, step: 0, direction: 'forward' } as const;
    await first.ready.record({ type: 'intent-written', ...about }, failed(about), verified('recovered', 2));
    const found = await recordOf(stores, environment);
    expect(found.find(({ action }) => action === 'scale')).toMatchObject({ helped: 0, didNotHelp: 1 });
    expect(found.find(({ action }) => action === 'restart')).toMatchObject({ helped: 0, failed: 1 });
  });

  test('an attempt that is looked at again and again was in vain once', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const breaker = { ...testLimits.breaker, notRecoveredEffects: 2, openMinutes: 30 };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    const { ready, about } = await act(stores, environment);
    await ready.record(applied(about), verified('not-recovered'));
    await ready.record(verified('not-recovered'));
    const { incidentId, planHash } = await readyToAct(careful, { environment, service: unique('svc') });
    const next = { incidentId, planHash, step: 0, direction: 'forward' } as const;
    expect(await passGate(careful, next)).toMatchObject({ granted: true });
  });

  test('an undo is counted as one, and neither it nor one that failed counts for the breakers', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const breaker = {
      ...testLimits.breaker,
      leastEffects: 2,
      notRecoveredShare: 0.25,
      notRecoveredEffects: 1,
    };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    for (const end of [applied, failed]) {
      const { ready, about } = await act(careful, environment);
      await ready.record(applied(about), verified('recovered'));
      const undo = { intentId: await perform(careful, ready, 0, 'compensation'), step: 0 };
      const undoing = { ...undo, direction: 'compensation' } as unknown as Acted['about'];
      await ready.record({ type: 'intent-written', ...undoing }, end(undoing));
    }
    const found = await recordOf(stores, environment);
    const sum = (key: 'effects' | 'helped' | 'failed' | 'undone' | 'notUndone') =>
      found.reduce((total, one) => total + one[key], 0);
    expect([sum('effects'), sum('helped'), sum('failed')]).toEqual([2, 2, 0]);
    expect([sum('undone'), sum('notUndone')]).toEqual([1, 1]);
    expect(
      (await stores.trackRecord.openBreakers()).filter((one) => one.environment === environment),
    ).toEqual([]);
    const { incidentId, planHash } = await readyToAct(careful, { environment, service: unique('svc') });
    expect(await passGate(careful, { incidentId, planHash, step: 0, direction: 'forward' })).toMatchObject({
      granted: true,
    });
  });

  test('a rollback that people asked for is an undo, too', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(applied(about), verified('recovered'));
    const undoneBy = await perform(stores, ready, 0, 'compensation');
    await ready.record({
      ...{ type: 'rollback-ended', newsId: unique('news'), requestId: unique('request'), stepKey: 'step' },
      ...{ intentId: about.intentId, outcome: 'undone', reason: 'done', undoneBy },
    });
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, helped: 1, undone: 1 }]);
  });

  const settled = (about: Acted['about'], happened: boolean) =>
    ({ type: 'effect-settled', ...about, happened, actor: 'person:ada', reason: 'I looked' }) as const;
  const unknown = (about: Acted['about']) => failed(about, { uncertain: true });
  /** Its undo is sent, nobody can tell what became of it, and a person settles it. */
  const settleUndo = async (
    stores: Stores,
    { ready, about }: Pick<Acted, 'ready' | 'about'>,
    happened: boolean,
  ) => {
    const undo = { intentId: await perform(stores, ready, 0, 'compensation'), step: 0 };
    const undoing = { ...undo, direction: 'compensation' } as unknown as Acted['about'];
    const settlement = { ...settled(undoing, happened), undoes: about.intentId };
    await ready.record({ type: 'intent-written', ...undoing }, unknown(undoing), settlement);
  };

  test('what a person says of an effect of unknown outcome counts: it happened, and whether it helped a look says', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(unknown(about));
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, failed: 1 }]);
    await ready.record(settled(about, true));
    expect(await recordOf(stores, environment)).toEqual([]);
    await ready.record(verified('not-recovered'));
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, failed: 0, didNotHelp: 1 }]);
  });

  test('what a look has said of it stays when a person says that it happened', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(unknown(about), verified('recovered'));
    await ready.record(settled(about, true));
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, helped: 1, failed: 0 }]);
  });

  test('what did not happen has failed, although the symptom passed', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(unknown(about), verified('recovered'));
    await ready.record(settled(about, false));
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, helped: 0, failed: 1 }]);
  });

  test.each([
    [true, { undone: 1, notUndone: 0 }],
    [false, { undone: 0, notUndone: 1 }],
  ])('an undo of unknown outcome, settled: happened %s', async (happened, counted) => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(applied(about), verified('recovered'));
    await settleUndo(stores, { ready, about }, happened);
    expect(await recordOf(stores, environment)).toMatchObject([{ effects: 1, helped: 1, ...counted }]);
  });

  test('the breaker counts a settled effect as what it was settled to', async () => {
    const { stores, withOptions } = use();
    const breaker = { ...testLimits.breaker, leastEffects: 2, notRecoveredShare: 0.5 };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    const openAfter = async (happened: boolean) => {
      const environment = unique('env');
      const first = await act(careful, environment);
      await first.ready.record(unknown(first.about), settled(first.about, happened));
      const second = await act(careful, environment);
      await second.ready.record(failed(second.about));
      const open = await stores.trackRecord.openBreakers();
      return open.filter((one) => one.environment === environment).map(({ action }) => action);
    };
    expect(await openAfter(true)).toEqual([]);
    expect((await openAfter(false)).toSorted()).toEqual(['*', 'scale']);
  });

  /** Whether the gate lets an effect pass where so many failures in a row open the breaker. */
  async function heldBack(environment: string, notRecoveredEffects: number): Promise<string | null> {
    const { withOptions } = use();
    const breaker = { ...testLimits.breaker, notRecoveredEffects, openMinutes: 1_440 };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    const service = unique('svc');
    const steps = [stepOf(environment, service)];
    const { incidentId, planHash } = await readyToAct(careful, { environment, service, steps });
    const passed = await passGate(careful, { incidentId, planHash, step: 0, direction: 'forward' });
    return passed.granted ? null : passed.reason;
  }

  test.each([
    [true, null],
    [false, 'breaker-open'],
  ])('an effect settled as happened %s, in the row of failures', async (happened, refusal) => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(unknown(about));
    expect(await heldBack(environment, 1)).toBe('breaker-open');
    await ready.record(settled(about, happened));
    expect(await heldBack(environment, 1)).toBe(refusal);
  });

  test('an effect that was settled leaves the row to the failures of others, and a later row alone', async () => {
    const { stores } = use();
    const environment = unique('env');
    const fail = async () => {
      const { ready, about } = await act(stores, environment);
      await ready.record(failed(about));
    };
    const first = await act(stores, environment);
    await first.ready.record(unknown(first.about));
    const second = await act(stores, environment);
    await second.ready.record(unknown(second.about));
    await fail();
    await second.ready.record(settled(second.about, true));
    expect(await heldBack(environment, 2)).toBe('breaker-open');
    expect(await heldBack(environment, 3)).toBeNull();
    await came(stores, environment, 'helped');
    await fail();
    await first.ready.record(settled(first.about, true));
    expect(await heldBack(environment, 1)).toBe('breaker-open');
  });

  test('an attempt in vain stays in the row when one of its effects is settled', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(unknown(about), verified('not-recovered'), settled(about, true));
    expect(await heldBack(environment, 1)).toBe('breaker-open');
    expect(await heldBack(environment, 2)).toBeNull();
  });

  test('an effect is taken out of the row once, and an undo that is settled never is', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { ready, about } = await act(stores, environment);
    await ready.record(applied(about), verified('not-recovered'));
    await settleUndo(stores, { ready, about }, true);
    const other = await act(stores, environment);
    await other.ready.record(unknown(other.about), settled(other.about, true), settled(other.about, true));
    expect(await heldBack(environment, 1)).toBe('breaker-open');
  });

  test('the record is of effects since then', async () => {
    const { stores } = use();
    const environment = unique('env');
    await came(stores, environment, 'helped');
    const all = await recordOf(stores, environment);
    const last = Math.max(...all.map(({ lastAtMs }) => lastAtMs));
    const since = async (atMs: number) =>
      (await stores.trackRecord.since(atMs, 10_000)).filter((one) => one.environment === environment).length;
    expect([await since(last - 1), await since(last)]).toEqual([1, 0]);
  });

  test('the breaker over all actions opens where no single one has effects enough, in its environment alone', async () => {
    const { stores, withOptions } = use();
    const [environment, other] = [unique('env'), unique('env')];
    const breaker = { ...testLimits.breaker, leastEffects: 4, notRecoveredShare: 0.25 };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    for (const [action, outcome] of [
      ['scale', 'not-recovered'],
      ['restart', 'recovered'],
      ['scale', 'not-recovered'],
      ['restart', 'recovered'],
    ] as const) {
      const { ready, about } = await act(careful, environment, action);
      await ready.record(applied(about), verified(outcome));
    }
    const open = async () =>
      (await stores.trackRecord.openBreakers()).filter((one) => one.environment === environment);
    const before = await open();
    expect(before).toMatchObject([{ action: '*', reason: '2 of 4 effects in 24 h failed or did not help' }]);
    const ask = async (where: string) => {
      const next = await readyToAct(careful, { environment: where, service: unique('svc') });
      const { incidentId, planHash } = next;
      return passGate(careful, { incidentId, planHash, step: 0, direction: 'forward' });
    };
    expect(await ask(environment)).toMatchObject({ granted: false, reason: 'breaker-open' });
    expect(await ask(other)).toMatchObject({ granted: true });
  });

  test('an open breaker stays as it was opened, whatever comes of what was begun before', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const breaker = { ...testLimits.breaker, leastEffects: 2, notRecoveredShare: 0.25 };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    const begun = [
      await act(careful, environment),
      await act(careful, environment),
      await act(careful, environment),
    ];
    const end = async (outcome: 'recovered' | 'not-recovered', one: Acted | undefined) => {
      if (one !== undefined) await one.ready.record(applied(one.about), verified(outcome));
    };
    await end('not-recovered', begun[0]);
    await end('not-recovered', begun[1]);
    const open = async () =>
      (await stores.trackRecord.openBreakers()).filter((one) => one.environment === environment);
    const before = await open();
    expect(before.map(({ action }) => action).toSorted()).toEqual(['*', 'scale']);
    await end('not-recovered', begun[2]);
    expect(await open()).toEqual(before);
    const of = { environment, reason: 'looked into', principal: person('ada') };
    expect(await stores.trackRecord.reset({ ...of, action: 'scale' })).toEqual({ reset: true });
    expect((await open()).map(({ action }) => action)).toEqual(['*']);
  });
});
