/** Clicks become decisions: one for each plan, by people who may, and everybody is told which. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Stores } from '../../../../adapters/postgres/index.ts';
import { actionIds, writeValue } from '../../../../adapters/slack/card-buttons.ts';
import {
  asForm,
  clickPayload,
  signed,
  submissionPayload,
} from '../../../../bench/support/slack/interactions.ts';
import { type FakeSlack, startFakeSlack } from '../../../../bench/support/slack/server.ts';
import { chatUser } from '../../../support/people.ts';
import { describePostgresStores } from '../../../support/stores.ts';
import {
  askPeople,
  oneOperator,
  propose,
  type Ready,
  readyToAct,
  stepOf,
  twoOperators,
} from '../../postgres/fixtures.ts';
import { type InboundStage, inboundStage } from './stage.ts';

await describePostgresStores('clicks in Slack', (use) => {
  let slack: FakeSlack;
  let stage: InboundStage;
  beforeAll(async () => {
    slack = await startFakeSlack();
  });
  afterEach(() => stage.stop());
  afterAll(() => slack.close());

  const setUp = async (verdict: typeof oneOperator | typeof twoOperators = oneOperator) => {
    const { stores, database } = use();
    slack.ephemerals.splice(0);
    slack.views.splice(0);
    slack.faults.clear();
    stage = inboundStage(stores, slack);
    const ready = await readyToAct(stores, { verdict });
    await askPeople(stores, ready);
    return { stores, database, ready };
  };
  const valueFor = ({ incidentId, planHash }: Pick<Ready, 'incidentId' | 'planHash'>) =>
    writeValue({ incidentId, planHash });
  const approve = (ready: Ready, user = 'UADA') =>
    stage.click({ actionId: actionIds.approve, value: valueFor(ready), user });
  const toldTo = (user: string) =>
    slack.ephemerals.filter((one) => one.user === user).map(({ text }) => text);
  const standing = (stores: Stores, { incidentId, planHash }: Ready) =>
    stores.approvals.standing(incidentId, planHash);

  test('Approve is acknowledged, recorded under the person, told to the workflow, and answered', async () => {
    const { stores, ready } = await setUp();
    const answer = await approve(ready);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'granted', given: ['ada'] });
    expect(stage.told).toEqual([{ incidentId: ready.incidentId, what: 'approve by person:ada' }]);
    expect(toldTo('UADA')).toEqual([expect.stringContaining('You approved plan')]);
    const { items } = await stores.audit.query({ actor: 'person:ada', subject: ready.incidentId }, 10, null);
    expect(items.map(({ action }) => action)).toEqual(['approval.decide']);
    expect(items[0]?.canonical).toContain('slack:UADA');
  });

  test('a quorum counts people, wherever they decide', async () => {
    const { stores, ready } = await setUp(twoOperators);
    await approve(ready);
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('1 of 2 approvals are given')]);
    const { incidentId, planHash } = ready;
    const principal = { keyId: 'key1', name: 'ada', role: 'operator', person: 'ada' } as const;
    const again = await stores.approvals.decide({
      incidentId,
      planHash,
      principal,
      decision: 'approve',
      reason: '',
    });
    expect(again).toMatchObject({ recorded: true, repeated: true });
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'pending' });
    await approve(ready, 'UBO');
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'granted', given: ['ada', 'bo'] });
  });

  test('the same click three times at once is one decision', async () => {
    const { database, ready } = await setUp();
    const answers = await Promise.all([approve(ready), approve(ready), approve(ready)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(1);
    expect(toldTo('UADA')).toHaveLength(3);
    expect(toldTo('UADA').filter((text) => text.includes('already'))).toHaveLength(2);
  });

  test('one approves while another rejects: one decision, and the slower is told which', async () => {
    const { stores, database, ready } = await setUp();
    await stage.click({ actionId: actionIds.reject, value: valueFor(ready), user: 'UBO' });
    await stage.settled();
    const view = slack.views[0]?.view;
    if (view === undefined) throw new Error('no form was opened');
    await Promise.all([
      approve(ready),
      stage.post(signed(asForm(submissionPayload(view, 'UBO', 'too risky')))),
    ]);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(1);
    const { outcome } = (await standing(stores, ready)) ?? {};
    const [winner, loser] = outcome === 'granted' ? ['UADA', 'UBO'] : ['UBO', 'UADA'];
    expect(toldTo(winner).join()).toMatch(/You (approved|rejected) plan/);
    expect(toldTo(loser).join()).toMatch(/decided already.*It was (approved|rejected) by/);
  });

  test('Reject asks for a reason, and records it', async () => {
    const { stores, ready } = await setUp();
    await stage.click({ actionId: actionIds.reject, value: valueFor(ready), user: 'UADA' });
    await stage.settled();
    const [{ view } = { view: {} }] = slack.views;
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'pending' });
    const empty = await stage.post(signed(asForm(submissionPayload(view, 'UADA', ' \u0007 '))));
    expect(await empty.json()).toMatchObject({ response_action: 'errors' });
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'pending' });
    await stage.post(signed(asForm(submissionPayload(view, 'UADA', 'the release\u0000 is <fine>'))));
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({
      outcome: 'rejected',
      rejectedBy: 'ada',
      reason: 'the release  is <fine>',
    });
    expect(toldTo('UADA')).toEqual([expect.stringContaining('You rejected plan')]);
  });

  test('the one who submits the form decides, not the one who opened it', async () => {
    const { stores, ready } = await setUp();
    await stage.click({ actionId: actionIds.reject, value: valueFor(ready), user: 'UADA' });
    await stage.settled();
    const [{ view } = { view: {} }] = slack.views;
    await stage.post(signed(asForm(submissionPayload(view, 'UEVE', 'I say so'))));
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'pending' });
    expect(toldTo('UEVE')).toEqual([expect.stringContaining('needs the role operator')]);
  });

  const stranger = { actor: 'system:unknown', reason: 'unknown-person' };
  test.each([
    ['nobody the configuration knows', 'USTRANGER', 'does not know you', stranger],
    ['a name every object has', 'constructor', 'does not know you', stranger],
    ['a viewer', 'UEVE', 'needs the role operator', { actor: 'person:eve', reason: 'role-too-low' }],
  ])('%s gets an answer, not an effect, and is in the audit', async (_who, user, answer, refused) => {
    const { database, ready } = await setUp();
    for (const actionId of [actionIds.approve, actionIds.reject, actionIds.takeOver]) {
      const { status } = await stage.click({ actionId, value: valueFor(ready), user });
      expect(status).toBe(200);
    }
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(0);
    expect(stage.told).toEqual([]);
    expect(slack.views).toEqual([]);
    expect(toldTo(user)).toHaveLength(3);
    expect(toldTo(user).join()).toContain(answer);
    const address = `slack:${user}`;
    const routes = ['slack approve', 'slack reject', 'slack take-over'];
    expect(stage.refused).toEqual(routes.map((route) => ({ ...refused, route, address })));
  });

  test('details of what the role does not reach are not shown, and that is in the audit', async () => {
    const { ready } = await setUp();
    chatUser('slack:UFARVIEW', 'fay', 'viewer', { environments: ['elsewhere'] });
    await stage.click({ actionId: actionIds.details, value: valueFor(ready), user: 'UFARVIEW' });
    await stage.settled();
    expect(toldTo('UFARVIEW')).toEqual([expect.stringContaining('You may not do this')]);
    expect(stage.refused).toEqual([
      { actor: 'person:fay', reason: 'out-of-reach', route: 'slack details', address: 'slack:UFARVIEW' },
    ]);
  });

  test('a plan for an admin is not approved by an operator', async () => {
    const { stores } = use();
    stage = inboundStage(stores, slack);
    slack.ephemerals.splice(0);
    const ready = await readyToAct(stores, { verdict: { ...oneOperator, role: 'admin' } });
    await askPeople(stores, ready);
    await approve(ready);
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'pending', given: [] });
    expect(toldTo('UADA')).toEqual([expect.stringContaining('Your role is not enough')]);
  });

  test('a click under a plan that was replaced changes nothing', async () => {
    const { stores, ready } = await setUp();
    await ready.record({ type: 'approval-expired', planHash: ready.planHash });
    await ready.record({ type: 'enrichment-started', attempt: 2 });
    await propose(stores, ready, [stepOf(ready.environment, 'other')], oneOperator, 2);
    await approve(ready);
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'withdrawn', given: [] });
    expect(toldTo('UADA')).toEqual([expect.stringContaining('another plan by now')]);
  });

  test('a late click is told that the time is over', async () => {
    const { stores } = use();
    slack.ephemerals.splice(0);
    stage = inboundStage(stores, slack);
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready, Date.now() - 1_000);
    await approve(ready);
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'expired', given: [] });
    expect(toldTo('UADA')).toEqual([expect.stringContaining('deadline has passed')]);
  });

  test('a click in an incident that has ended is told so', async () => {
    const { ready } = await setUp();
    await ready.record({ type: 'incident-closed', outcome: 'taken-over', reason: 'mine', actor: 'bo' });
    await approve(ready);
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('Nothing is asked any more')]);
  });

  test('an incident nobody knows, and a value that no card carries', async () => {
    await setUp();
    const value = writeValue({ incidentId: "incident/x' or 1=1 --/1", planHash: 'f'.repeat(64) });
    await stage.click({ actionId: actionIds.approve, value, user: 'UADA' });
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('does not know this incident')]);
    const { status } = await stage.click({
      actionId: actionIds.approve,
      value: '{"planHash":1}',
      user: 'UADA',
    });
    await stage.settled();
    expect(status).toBe(200);
    expect(toldTo('UADA')).toHaveLength(1);
  });

  test('a decision whose workflow cannot be reached is kept, and the person is told', async () => {
    const { stores, ready } = await setUp();
    stage.workflow = 'unreachable';
    await approve(ready);
    await stage.settled();
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'granted' });
    expect(toldTo('UADA')).toEqual([expect.stringContaining('has not heard of it yet; it will')]);
    const undelivered = await stores.approvals.undelivered(1_000);
    expect(undelivered.map(({ incidentId }) => incidentId)).toContain(ready.incidentId);
  });

  test('Take over is stored and told to the workflow', async () => {
    const { stores, ready } = await setUp();
    await stage.click({ actionId: actionIds.takeOver, value: valueFor(ready), user: 'UADA' });
    await stage.settled();
    expect(stage.told).toEqual([{ incidentId: ready.incidentId, what: 'take-over by person:ada' }]);
    expect(toldTo('UADA')).toEqual([expect.stringContaining('is yours')]);
    expect(await stores.stops.undelivered(1_000)).not.toContainEqual(
      expect.objectContaining({ incidentId: ready.incidentId }),
    );
  });

  test('Close is stored, told to the workflow, and in the audit; of what nobody has in hand it is refused', async () => {
    const { stores, ready } = await setUp();
    const close = async () => {
      await stage.click({ actionId: actionIds.close, value: valueFor(ready), user: 'UADA' });
      await stage.settled();
    };
    await close();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('cannot be closed')]);
    expect(stage.told).toEqual([]);

    await ready.record({
      type: 'handed-over',
      outcome: 'escalated',
      reason: 'nothing to try',
      actor: 'system',
    });
    stage.workflow = 'unreachable';
    await close();
    expect(toldTo('UADA').at(-1)).toBe('The incident is closed.');
    const { incidentId } = ready;
    expect(await stores.stops.undelivered(1_000)).toContainEqual(
      expect.objectContaining({ incidentId, kind: 'close', actor: 'person:ada' }),
    );
    const { items } = await stores.audit.query({ actor: 'person:ada', subject: incidentId }, 10, null);
    expect(items.map(({ action }) => action)).toContain('incident.intervene');
  });

  test('Take over after somebody else did is refused, with who it was', async () => {
    const { stores, ready } = await setUp();
    const principal = { keyId: 'k', name: 'bob', role: 'operator', person: 'bob' } as const;
    const { incidentId } = ready;
    await stores.stops.request({ incidentId, kind: 'take-over', principal, reason: '' });
    await stage.click({ actionId: actionIds.takeOver, value: valueFor(ready), user: 'UADA' });
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('bob asked for take-over already')]);
    expect(stage.told).toEqual([]);
  });

  test('Take over stands when the workflow cannot be told', async () => {
    const { stores, ready } = await setUp();
    stage.workflow = 'unreachable';
    await stage.click({ actionId: actionIds.takeOver, value: valueFor(ready), user: 'UADA' });
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('is yours')]);
    expect(await stores.stops.read(ready.incidentId)).toMatchObject({
      kind: 'take-over',
      actor: 'person:ada',
    });
  });

  test('Details are for the one who asked', async () => {
    const { ready } = await setUp();
    await stage.click({ actionId: actionIds.details, value: valueFor(ready), user: 'UEVE' });
    await stage.settled();
    expect(slack.ephemerals).toHaveLength(1);
    expect(JSON.stringify(slack.ephemerals[0]?.blocks)).toContain('Approval requested from 1 × operator');
  });

  test('a form that Slack does not open is said', async () => {
    const { ready } = await setUp();
    slack.faults.set('views.open', [{ kind: 'error', error: 'expired_trigger_id' }]);
    await stage.click({ actionId: actionIds.reject, value: valueFor(ready), user: 'UADA' });
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('expired_trigger_id')]);
  });

  test('the same request again is refused, by every process', async () => {
    const { stores, database, ready } = await setUp();
    const request = signed(
      asForm(clickPayload(slack, { actionId: actionIds.approve, value: valueFor(ready), user: 'UADA' })),
    );
    const other = inboundStage(stores, slack);
    expect((await stage.post(request)).status).toBe(200);
    expect((await stage.post(request)).status).toBe(409);
    expect((await other.post(request)).status).toBe(409);
    await stage.settled();
    await other.stop();
    expect(await decisions(database.db, ready)).toBe(1);
    const { text } = await stage.metrics.render();
    expect(text).toContain('sentinel_slack_requests_total{result="taken"} 1');
    expect(text).toContain('sentinel_slack_requests_total{result="replayed"} 1');
  });

  test('forged, old and future requests do nothing', async () => {
    const { database, ready } = await setUp();
    const body = asForm(
      clickPayload(slack, { actionId: actionIds.approve, value: valueFor(ready), user: 'UADA' }),
    );
    for (const request of [
      signed(body, { secret: 'another secret' }),
      signed(body, { atMs: Date.now() - 301_000 }),
      signed(body, { atMs: Date.now() + 3_600_000 }),
      { ...signed(body), body: body.replace('UADA', 'UBOB') },
    ]) {
      expect((await stage.post(request)).status).toBe(401);
    }
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(0);
  });

  test.each([{ teamId: 'T0OTHER' }, { appId: 'A0OTHER' }])(
    'a payload of another workspace or app does nothing: %j',
    async (other) => {
      const { stores, ready, database } = await setUp();
      await stage.stop();
      stage = inboundStage(stores, slack, { teamId: 'T0TEST', appId: 'A0TEST' });
      const click = { actionId: actionIds.approve, value: valueFor(ready), user: 'UADA' };
      expect((await stage.click({ ...click, ...other })).status).toBe(404);
      await stage.settled();
      expect(stage.refused).toMatchObject([
        { reason: 'foreign', route: 'slack', address: expect.stringContaining('OTHER') },
      ]);
      expect(await decisions(database.db, ready)).toBe(0);
      expect((await stage.click(click)).status).toBe(200);
      await stage.settled();
      expect(await decisions(database.db, ready)).toBe(1);
    },
  );

  test.each([
    ['the workspace it comes from', { team: { id: 'T0OTHER', domain: 'test' } }],
    ['the workspace of whoever clicked', { user: { id: 'UADA', name: 'uada', team_id: 'T0OTHER' } }],
    ['where its answer goes', { response_url: 'https://attacker.example.com/answer' }],
  ])('one that is foreign in %s alone does nothing', async (_what, foreign) => {
    const { ready, database } = await setUp();
    const click = { actionId: actionIds.approve, value: valueFor(ready), user: 'UADA' };
    const payload = { ...clickPayload(slack, click), ...foreign };
    expect((await stage.post(signed(asForm(payload)))).status).toBe(404);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(0);
  });

  test('while Slack has not said which workspace is ours, nobody clicks', async () => {
    const { stores, ready, database } = await setUp();
    await stage.stop();
    const unknown = { kind: 'error', error: 'invalid_auth' } as const;
    slack.faults.set('auth.test', [unknown, unknown]);
    stage = inboundStage(stores, slack);
    const click = { actionId: actionIds.approve, value: valueFor(ready), user: 'UADA' };
    expect((await stage.click(click)).status).toBe(404);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(0);
    const { text } = await stage.metrics.render();
    expect(text).toContain('sentinel_slack_requests_total{result="team-unknown"} 1');
    slack.faults.clear();
    expect((await stage.click(click)).status).toBe(200);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(1);
  });

  test('without a workspace in the configuration, only that of the bot token clicks', async () => {
    const { stores, ready, database } = await setUp();
    await stage.stop();
    stage = inboundStage(stores, slack);
    const click = { actionId: actionIds.approve, value: valueFor(ready), user: 'UADA' };
    expect((await stage.click({ ...click, teamId: 'T0OTHER' })).status).toBe(404);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(0);
    expect((await stage.click(click)).status).toBe(200);
    await stage.settled();
    expect(await decisions(database.db, ready)).toBe(1);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'payload=%7B'],
    ['a list', 'payload=%5B%5D'],
    ['null', 'payload=null'],
  ])('a signed body that is %s is refused', async (_what, body) => {
    await setUp();
    const { status } = await stage.post(signed(body));
    expect([400, 404]).toContain(status);
  });

  test('an interaction that we know nothing of is not acknowledged', async () => {
    await setUp();
    const { status } = await stage.click({ actionId: 'somebody_elses', value: 'x', user: 'UADA' });
    expect(status).toBe(404);
  });

  test("Slack's check of the address is answered, when it is signed", async () => {
    await setUp();
    const { body, headers } = signed(JSON.stringify({ type: 'url_verification', challenge: 'c' }));
    const request = { body, headers: { ...headers, 'content-type': 'application/json' } };
    expect(await (await stage.post(request)).json()).toEqual({ challenge: 'c' });
  });

  test('what is acknowledged is recorded: a process that dies then takes no decision with it', async () => {
    const { stores, ready } = await setUp();
    stage.workflow = 'unreachable';
    expect((await approve(ready)).status).toBe(200);
    expect(await standing(stores, ready)).toMatchObject({ outcome: 'granted' });
  });

  test('a store that hangs costs nobody three seconds', async () => {
    const { stores, ready } = await setUp();
    await stage.stop();
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const approvals: Stores['approvals'] = {
      ...stores.approvals,
      decide: async (input) => {
        await gate;
        return stores.approvals.decide(input);
      },
    };
    stage = inboundStage({ ...stores, approvals }, slack);
    expect((await approve(ready)).status).toBe(200);
    expect(toldTo('UADA')).toEqual([]);
    release();
    await stage.settled();
    expect(toldTo('UADA')).toHaveLength(1);
  });

  test('a store that is gone: nothing happened, and the person is told', async () => {
    const { stores, ready } = await setUp();
    await stage.stop();
    const approvals: Stores['approvals'] = {
      ...stores.approvals,
      decide: () => Promise.reject(new Error('ECONNREFUSED')),
    };
    stage = inboundStage({ ...stores, approvals }, slack);
    expect((await approve(ready)).status).toBe(200);
    await stage.settled();
    expect(toldTo('UADA')).toEqual([expect.stringContaining('nothing happened')]);
  });

  async function decisions(
    db: ReturnType<typeof use>['database']['db'],
    { incidentId, planHash }: Ready,
  ): Promise<number> {
    const rows = await db
      .selectFrom('approvals')
      .select('id')
      .where('incident_id', '=', incidentId)
      .where('plan_hash', '=', planHash)
      .execute();
    return rows.length;
  }
});
