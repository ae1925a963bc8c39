/** Settling an effect from Slack: the form, who may, once, and what whoever is late is told. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Stores } from '../../../../adapters/postgres/index.ts';
import { actionIds, writeValue } from '../../../../adapters/slack/card-buttons.ts';
import { slackKeyId } from '../../../../adapters/slack/inbound/people.ts';
import { asForm, signed, submissionPayload } from '../../../../bench/support/slack/interactions.ts';
import { type FakeSlack, startFakeSlack } from '../../../../bench/support/slack/server.ts';
import { chatUser } from '../../../support/people.ts';
import { describePostgresStores } from '../../../support/stores.ts';
import { passGate, type Ready, readyToAct } from '../../postgres/fixtures.ts';
import { type InboundStage, inboundStage } from './stage.ts';

chatUser(slackKeyId('UFAR'), 'fay', 'operator', { environments: ['elsewhere'] });

await describePostgresStores('settling an effect from Slack', (use) => {
  let slack: FakeSlack;
  let stage: InboundStage;
  beforeAll(async () => {
    slack = await startFakeSlack();
  });
  afterEach(() => stage.stop());
  afterAll(() => slack.close());

  const setUp = async (status: 'sent' | 'uncertain' = 'uncertain') => {
    const { stores } = use();
    slack.ephemerals.splice(0);
    slack.views.splice(0);
    slack.faults.clear();
    stage = inboundStage(stores, slack);
    const ready = await readyToAct(stores);
    const { incidentId, planHash } = ready;
    const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
    if (!passed.granted) throw new Error(passed.detail);
    await stores.gate.mark(passed.intent.id, 'sent', '');
    if (status === 'uncertain') await stores.gate.mark(passed.intent.id, 'uncertain', '');
    return { stores, ready, effectId: passed.intent.id };
  };
  const click = ({ incidentId }: Ready, effectId: string, user = 'UADA') =>
    stage.click({
      actionId: actionIds.settle,
      value: writeValue({ incidentId, planHash: '', effectId }),
      user,
    });
  const formFor = async (ready: Ready, effectId: string) => {
    await click(ready, effectId);
    await stage.settled();
    const view = slack.views.at(-1)?.view;
    if (view === undefined) throw new Error('no form was opened');
    return view;
  };
  const submit = async (
    view: Record<string, unknown>,
    chosen?: string,
    user = 'UADA',
    typed = 'four run',
  ) => {
    const answer = await stage.post(signed(asForm(submissionPayload(view, user, typed, chosen))));
    return answer;
  };
  const toldTo = (user: string) =>
    slack.ephemerals.filter((one) => one.user === user).map(({ text }) => text);
  const statusOf = async (stores: Stores, id: string) => (await stores.gate.intent(id))?.status;

  test.each([
    ['true', 'applied', 'It happened'],
    ['false', 'failed', 'It did not happen'],
  ])('%s is recorded under the person, and in the audit', async (chosen, status, words) => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    expect(await statusOf(stores, effectId)).toBe('uncertain');
    const answer = await submit(view, chosen);
    // Acknowledged, so it is stored: a process that dies now takes nothing with it.
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
    expect(await statusOf(stores, effectId)).toBe(status);
    await stage.settled();
    expect(toldTo('UADA')).toEqual([`Recorded: ${words}. Sentinel may act on the target again.`]);
    const { items } = await stores.audit.query({ actor: 'person:ada', subject: ready.incidentId }, 10, null);
    expect(items.map(({ action }) => action)).toEqual(['effect.settle']);
    expect(items[0]?.canonical).toContain('four run');
    expect(items[0]?.canonical).toContain('slack:UADA');
  });

  test('it is acknowledged only when it is stored', async () => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    await stage.stop();
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const effects: Stores['effects'] = {
      settle: async (input) => {
        entered.resolve();
        await release.promise;
        return stores.effects.settle(input);
      },
    };
    stage = inboundStage({ ...stores, effects }, slack);
    const happened: string[] = [];
    const answered = submit(view, 'true').then(() => happened.push('acknowledged'));
    await entered.promise;
    // Whatever was acknowledged before the store was asked has arrived by now.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    happened.push('stored');
    release.resolve();
    await answered;
    expect(happened).toEqual(['stored', 'acknowledged']);
    expect(await statusOf(stores, effectId)).toBe('applied');
  });

  test('whoever answers second is told what was said first, and changes nothing', async () => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    await Promise.all([submit(view, 'true'), submit(view, 'false', 'UBO')]);
    await stage.settled();
    const status = await statusOf(stores, effectId);
    const [first, second, so] =
      status === 'applied' ? ['ada', 'UBO', 'It happened'] : ['bo', 'UADA', 'It did not happen'];
    expect(toldTo(second)).toEqual([
      `Its outcome is known already; your answer changed nothing. ${so}: settled by ${first}: four run`,
    ]);
    const { items } = await stores.audit.query({ subject: ready.incidentId }, 50, null);
    expect(items.filter(({ action }) => action === 'effect.settle')).toHaveLength(1);
  });

  test('a form without an answer, or without a reason, records nothing', async () => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    expect(await (await submit(view)).json()).toMatchObject({ errors: { outcome: 'Choose one.' } });
    const wordless = await submit(view, 'true', 'UADA', ' \u0007 ');
    expect(await wordless.json()).toMatchObject({ errors: { reason: 'A reason is needed.' } });
    expect(await statusOf(stores, effectId)).toBe('uncertain');
  });

  test('secrets in the reason are not kept', async () => {
    const { stores, ready, effectId } = await setUp();
    await submit(await formFor(ready, effectId), 'true', 'UADA', 'seen with password=hunter2!');
    await stage.settled();
    expect((await stores.gate.intent(effectId))?.status).toBe('applied');
    const { items } = await stores.audit.query({ subject: ready.incidentId }, 50, null);
    expect(items.map(({ canonical }) => canonical).join()).not.toContain('hunter2');
  });

  test.each([
    ['a viewer', 'UEVE', 'needs the role operator'],
    ['nobody the configuration knows', 'USTRANGER', 'does not know you'],
  ])('%s opens no form, and settles nothing with one that somebody else opened', async (_who, user, why) => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    await click(ready, effectId, user);
    await stage.settled();
    expect(slack.views).toHaveLength(1);
    await submit(view, 'true', user);
    await stage.settled();
    expect(await statusOf(stores, effectId)).toBe('uncertain');
    expect(toldTo(user)).toHaveLength(2);
    for (const text of toldTo(user)) expect(text).toContain(why);
    expect(stage.refused).toMatchObject([{ route: 'slack settle' }, { route: 'slack settle' }]);
  });

  test('a person whose role does not reach the target settles nothing', async () => {
    const { stores, ready, effectId } = await setUp();
    await submit(await formFor(ready, effectId), 'true', 'UFAR');
    await stage.settled();
    expect(await statusOf(stores, effectId)).toBe('uncertain');
    expect(toldTo('UFAR')).toEqual([expect.stringContaining('does not reach the target')]);
    expect(stage.refused).toMatchObject([{ reason: 'out-of-reach', route: 'slack settle' }]);
  });

  test('what Sentinel is still finding out is left to it', async () => {
    const { stores, ready, effectId } = await setUp('sent');
    await submit(await formFor(ready, effectId), 'true');
    await stage.settled();
    expect(await statusOf(stores, effectId)).toBe('sent');
    expect(toldTo('UADA')).toEqual([expect.stringContaining('still finding out')]);
  });

  test('an effect that nobody knows', async () => {
    const { ready } = await setUp();
    await submit(await formFor(ready, `intent-${'0'.repeat(40)}`), 'true');
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('does not know this effect')]);
  });

  test('a form that Slack does not open is said', async () => {
    const { ready, effectId } = await setUp();
    slack.faults.set('views.open', [{ kind: 'error', error: 'expired_trigger_id' }]);
    await click(ready, effectId);
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('expired_trigger_id')]);
  });

  test('a store that is gone: nothing happened, and the person is told', async () => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    await stage.stop();
    const effects = { settle: () => Promise.reject(new Error('ECONNREFUSED')) };
    stage = inboundStage({ ...stores, effects }, slack);
    await submit(view, 'true');
    await stage.settled();
    expect(await statusOf(stores, effectId)).toBe('uncertain');
    expect(toldTo('UADA')).toEqual([expect.stringContaining('nothing happened')]);
  });
});
