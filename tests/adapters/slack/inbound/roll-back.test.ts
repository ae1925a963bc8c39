/** Asking for a rollback from Slack: the form, who may, and what whoever asked is told. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { actionIds, writeValue } from '../../../../adapters/slack/card-buttons.ts';
import { asForm, signed, submissionPayload } from '../../../../bench/support/slack/interactions.ts';
import { type FakeSlack, startFakeSlack } from '../../../../bench/support/slack/server.ts';
import { describePostgresStores } from '../../../support/stores.ts';
import { perform, type Ready, readyToAct } from '../../postgres/fixtures.ts';
import { type InboundStage, inboundStage } from './stage.ts';

await describePostgresStores('a rollback asked for from Slack', (use) => {
  let slack: FakeSlack;
  let stage: InboundStage;
  beforeAll(async () => {
    slack = await startFakeSlack();
  });
  afterEach(() => stage.stop());
  afterAll(() => slack.close());

  const setUp = async () => {
    const { stores } = use();
    slack.ephemerals.splice(0);
    slack.views.splice(0);
    slack.faults.clear();
    stage = inboundStage(stores, slack);
    const ready = await readyToAct(stores);
    const effectId = await perform(stores, ready);
    await ready.record({
      type: 'incident-closed',
      outcome: 'escalated',
      reason: '?',
      actor: 'system:sentinel',
    });
    await stores.incidents.closeEpisode(ready.incidentId, 'escalated', Date.now());
    return { stores, ready, effectId };
  };
  const click = ({ incidentId }: Ready, effectId: string, user: string) =>
    stage.click({
      ...{ actionId: actionIds.rollBack, user },
      value: writeValue({ incidentId, planHash: '', effectId }),
    });
  const formFor = async (ready: Ready, effectId: string) => {
    await click(ready, effectId, 'UCY');
    await stage.settled();
    const view = slack.views.at(-1)?.view;
    if (view === undefined) throw new Error('no form was opened');
    return view;
  };
  const submit = (view: Record<string, unknown>, user = 'UCY', typed = 'it was fine') =>
    stage.post(signed(asForm(submissionPayload(view, user, typed))));
  const toldTo = (user: string) =>
    slack.ephemerals.filter((one) => one.user === user).map(({ text }) => text);

  test('is recorded under the person, begun, and in the audit', async () => {
    const { stores, ready, effectId } = await setUp();
    const answer = await submit(await formFor(ready, effectId));
    expect(answer.status).toBe(200);
    const [{ request } = { request: null }] = await stores.rollbacks.standing(ready.incidentId);
    expect(request).toMatchObject({ by: ['cy'], quorum: 1 });
    await stage.settled();
    expect(stage.begun).toEqual([request?.requestId]);
    expect(toldTo('UCY')).toEqual(['It is being rolled back; the thread tells what came of it.']);
    const { items } = await stores.audit.query({ actor: 'person:cy', subject: ready.incidentId }, 10, null);
    expect(items.map(({ action }) => action)).toEqual(['effect.roll-back']);
    expect(items[0]?.canonical).toContain('it was fine');
  });

  test('is for admins: an operator is told so, at the button and at the form, and is in the audit', async () => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    slack.views.splice(0);
    await click(ready, effectId, 'UADA');
    await submit(view, 'UADA');
    await stage.settled();
    expect(slack.views).toEqual([]);
    expect(toldTo('UADA')).toEqual([
      expect.stringContaining('This needs the role admin'),
      expect.stringContaining('This needs the role admin'),
    ]);
    expect(stage.refused).toMatchObject([
      { reason: 'role-too-low', route: 'slack roll-back' },
      { reason: 'role-too-low', route: 'slack roll-back' },
    ]);
    expect(await stores.rollbacks.standing(ready.incidentId)).toMatchObject([{ request: null }]);
  });

  test('without a reason records nothing; what cannot be rolled back is answered with the reason', async () => {
    const { stores, ready, effectId } = await setUp();
    const view = await formFor(ready, effectId);
    expect(await (await submit(view, 'UCY', ' ')).json()).toMatchObject({
      errors: { reason: 'A reason is needed.' },
    });
    expect(await stores.rollbacks.standing(ready.incidentId)).toMatchObject([{ request: null }]);
    const later = await readyToAct(stores, { environment: ready.environment });
    await perform(stores, later);
    await submit(view);
    await stage.settled();
    expect(toldTo('UCY')).toEqual([expect.stringContaining(`${later.incidentId} has changed`)]);
    expect(stage.begun).toEqual([]);
  });
});
