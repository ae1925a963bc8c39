// People ask that an effect is undone: what is recorded, what the gate makes of it, and what the incident is told.

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { generateKey } from '../../../adapters/postgres/index.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import type { GateResult } from '../../../domain/remediation/intent.ts';
import type { PlanStep } from '../../../domain/remediation/plan.ts';
import { chatUser, forget } from '../../support/people.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { passGate, perform, person, type Ready, readyToAct, stepOf, unique } from './fixtures.ts';

const ann = person('ann-admin', 'admin');
const bo = person('bo-admin', 'admin');
const reason = 'the release was fine';

/** An effect that was applied, and that its incident knows of. */
async function applied({ stores }: StoresUnderTest, change: Partial<PlanStep> = {}) {
  const environment = unique('env');
  const ready = await readyToAct(stores, { environment, steps: [stepOf(environment, 'api', change)] });
  const effectId = await perform(stores, ready);
  const about = { intentId: effectId, step: 0, direction: 'forward' } as const;
  await ready.record(
    { type: 'intent-written', ...about },
    { type: 'effect-applied', ...about, foundByLookup: false, summary: 'done' },
  );
  return { ready, effectId };
}

async function close({ stores }: StoresUnderTest, ready: Ready): Promise<void> {
  await ready.record({
    type: 'incident-closed',
    outcome: 'escalated',
    reason: '?',
    actor: 'system:sentinel',
  });
  await stores.incidents.closeEpisode(ready.incidentId, 'escalated', Date.now());
}

async function closed(under: StoresUnderTest, change: Partial<PlanStep> = {}) {
  const made = await applied(under, change);
  await close(under, made.ready);
  return made;
}

/** Asked for, and recorded. */
async function asked({ stores }: StoresUnderTest, effectId: string, principal: Principal = ann) {
  const result = await stores.rollbacks.request({ effectId, principal, reason });
  if (!result.recorded) throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

const undo = (ready: Ready, rollback?: string) => ({
  ...{ incidentId: ready.incidentId, planHash: ready.planHash, step: 0, direction: 'compensation' as const },
  ...(rollback === undefined ? {} : { rollback }),
});

function intentOf(passed: GateResult) {
  if (!passed.granted) throw new Error(`${passed.reason}: ${passed.detail}`);
  return passed.intent;
}

/** Two people have to ask for it: undoing a start stops everything. */
const risky: Partial<PlanStep> = {
  ...{ action: 'start', parameters: {}, inverse: { action: 'stop', parameters: {} } },
  before: {
    ...stepOf('env', 'api').before,
    replicas: [{ id: 'a', state: 'exited', startedAtMs: 0, restarts: 0 }],
  },
};
function riskyIn(environment: string): PlanStep {
  const step = stepOf(environment, 'api', risky);
  return { ...step, before: { ...step.before, target: step.target } };
}

async function riskyClosed(under: StoresUnderTest) {
  const environment = unique('env');
  const ready = await readyToAct(under.stores, { environment, steps: [riskyIn(environment)] });
  const effectId = await perform(under.stores, ready);
  await close(under, ready);
  return { ready, effectId };
}

await describeStores('a rollback on request', (use) => {
  test('of an incident that is closed passes the gate, is told, and is over', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await closed(under);
    const { incidentId } = ready;
    expect(await passGate(stores, undo(ready))).toMatchObject({ granted: false, reason: 'incident-closed' });
    expect(await stores.rollbacks.standing(incidentId)).toMatchObject([
      {
        effectId,
        action: 'scale',
        status: 'applied',
        undo: expect.stringContaining('2 replicas'),
        objection: null,
      },
    ]);
    const { order, tookOver } = await asked(under, effectId);
    expect(tookOver).toBe(false);
    const requestId = order?.requestId ?? '';
    expect(order).toMatchObject({ incidentId, step: 0, action: 'scale', planHash: ready.planHash });
    const intent = intentOf(await passGate(stores, undo(ready, requestId)));
    expect(intent).toMatchObject({ undoes: effectId, rollback: requestId, parameters: { replicas: 2 } });
    await stores.gate.mark(intent.id, 'sent', '');
    expect(await stores.gate.permit(intent.id, 1)).toEqual({ ok: true });
    await stores.gate.mark(intent.id, 'applied', 'two again');
    const ended = { requestId, outcome: 'undone', reason: 'two again', undoneBy: intent.id } as const;
    await stores.rollbacks.end(ended);
    await stores.rollbacks.end({ ...ended, outcome: 'failed' }); // the first answer stays
    expect(await stores.rollbacks.standing(incidentId)).toEqual([]);

    const untold = (await stores.rollbacks.untold(1_000)).filter((one) => one.incidentId === incidentId);
    expect(untold.map(({ news }) => news)).toMatchObject([
      { type: 'rollback-requested', actor: 'person:ann-admin', reason, given: 1, quorum: 1 },
      { type: 'rollback-ended', intentId: effectId, outcome: 'undone', undoneBy: intent.id },
    ]);
    for (const one of untold) expect(await stores.rollbacks.record(one)).toBe(true);
    expect((await stores.rollbacks.untold(1_000)).filter((one) => one.incidentId === incidentId)).toEqual([]);
    const found = await stores.incidentReader.get(incidentId);
    expect(found?.state).toMatchObject({ status: 'closed', effects: [{ status: 'undone' }] });
    const { items } = await stores.audit.query({ subject: incidentId }, 100, null);
    const audited = items.map(({ canonical }) => JSON.parse(canonical));
    expect(audited.filter(({ action }) => action === 'effect.roll-back')).toMatchObject([
      { actor: 'person:ann-admin', reason, details: { intentId: effectId } },
    ]);
    expect(audited.find(({ details }) => details.rollback === requestId)).toMatchObject({
      action: 'gate.grant',
    });
    const { rows } = await sql<{ outcome: string }>`select outcome from effect_outcomes
      where intent_id = ${intent.id}`.execute(under.database.db);
    expect(rows).toEqual([{ outcome: 'undone' }]);
  });

  test('asked twice is asked once', async () => {
    const under = use();
    const { ready, effectId } = await closed(under);
    const first = await asked(under, effectId);
    const second = await asked(under, effectId);
    expect(second).toMatchObject({ repeated: true, order: { requestId: first.order?.requestId } });
    const untold = await under.stores.rollbacks.untold(1_000);
    expect(untold.filter(({ incidentId }) => incidentId === ready.incidentId)).toHaveLength(1);
  });

  test('with a risky undo needs two people, and the same person twice is one', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await riskyClosed(under);
    const first = await asked(under, effectId);
    expect(first).toMatchObject({ order: null, request: { by: ['ann-admin'], quorum: 2 } });
    expect(await asked(under, effectId)).toMatchObject({ repeated: true, order: null });
    const { requestId } = first.request;
    expect(await stores.rollbacks.unstarted(1_000)).not.toContainEqual(
      expect.objectContaining({ requestId }),
    );
    expect(await passGate(stores, undo(ready, requestId))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
    expect(await asked(under, effectId, bo)).toMatchObject({ order: { requestId } });
    expect(await passGate(stores, undo(ready, requestId))).toMatchObject({ granted: true });
  });

  test('is told with as many names as people count: one person under two names is one', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await riskyClosed(under);
    await asked(under, effectId);
    // Whom the configuration names as the same person by now.
    const keyId = unique('chat');
    chatUser(keyId, ann.name, 'admin');
    const again = await asked(under, effectId, { ...ann, keyId, name: 'ann-elsewhere', person: 'somebody' });
    expect(again).toMatchObject({ order: null, request: { by: ['ann-admin'], quorum: 2 } });
    const told = (await stores.rollbacks.untold(1_000)).filter(
      ({ incidentId }) => incidentId === ready.incidentId,
    );
    expect(told.map(({ news }) => news)).toMatchObject([
      { type: 'rollback-requested', given: 1, quorum: 2 },
      { type: 'rollback-requested', given: 1, quorum: 2 },
    ]);
    // A key of nobody may be held by the same person, too.
    const key = generateKey();
    await stores.apiKeys.ensureBootstrap(key);
    const nobodys = await stores.apiKeys.authenticate(key);
    if (nobodys === null) throw new Error('the key is not accepted');
    expect(await asked(under, effectId, nobodys)).toMatchObject({
      order: null,
      request: { by: ['ann-admin'] },
    });
    const both = await asked(under, effectId, bo);
    expect(both).toMatchObject({ order: {}, request: { by: ['ann-admin', 'bo-admin'] } });
  });

  test.each<[string, Principal, string]>([
    ['an operator', person('oli'), 'role-too-low'],
    ['an admin of elsewhere', { ...ann, reach: { environments: ['elsewhere'] } }, 'out-of-reach'],
  ])('%s is refused, and in the audit', async (_who, principal, refusal) => {
    const under = use();
    const { ready, effectId } = await closed(under);
    const result = await under.stores.rollbacks.request({ effectId, principal, reason });
    expect(result).toMatchObject({ recorded: false, reason: refusal });
    const { items } = await under.stores.audit.query({ subject: ready.incidentId }, 100, null);
    expect(items.filter(({ action }) => action === 'effect.roll-back')).toMatchObject([
      { canonical: expect.stringContaining(`"refused":"${refusal}"`) },
    ]);
  });

  test('of what has no way back, did not happen, is under way or is undone is refused with the reason', async () => {
    const under = use();
    const { stores } = under;
    const refusalOf = async (effectId: string) => {
      const result = await stores.rollbacks.request({ effectId, principal: ann, reason });
      return result.recorded ? 'recorded' : `${result.reason}: ${result.detail}`;
    };
    const restarted = await closed(under, { action: 'restart', parameters: {}, inverse: null });
    expect(await refusalOf(restarted.effectId)).toMatch(/^no-inverse: restart on .*nothing to undo/);
    expect(await stores.rollbacks.standing(restarted.ready.incidentId)).toMatchObject([
      { undo: null, objection: expect.stringContaining('nothing to undo') },
    ]);
    expect(await refusalOf('intent-none')).toMatch(/^unknown-effect/);
    const waiting = await readyToAct(stores);
    const { id } = intentOf(await passGate(stores, { ...undo(waiting), direction: 'forward' }));
    expect(await refusalOf(id)).toMatch(/^not-standing/);
    await stores.gate.mark(id, 'sent', '');
    expect(await refusalOf(id)).toMatch(/^under-way/);
    const { ready, effectId } = await applied(under);
    await perform(stores, ready, 0, 'compensation');
    expect(await refusalOf(effectId)).toMatch(/^not-standing: .*undone already/);
  });

  test('of what somebody has built on since is refused, when it is asked for and at the gate', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await closed(under);
    const { request } = await asked(under, effectId);
    const later = await readyToAct(stores, { environment: ready.environment, service: 'api' });
    await perform(stores, later);
    await close(under, later);
    expect(await passGate(stores, undo(ready, request.requestId))).toMatchObject({
      granted: false,
      reason: 'target-changed',
      detail: expect.stringContaining(later.incidentId),
    });
    expect(await stores.rollbacks.request({ effectId, principal: bo, reason })).toMatchObject({
      reason: 'not-last',
    });
  });

  test('is not for a target that has changed since, and not while it cannot be seen', async () => {
    const under = use();
    const { ready, effectId } = await closed(under);
    const { request } = await asked(under, effectId);
    const asks = (change: object) => passGate(under.stores, undo(ready, request.requestId), change);
    expect(await asks({ desiredReplicas: 7 })).toMatchObject({ granted: false, reason: 'target-changed' });
    expect(await asks({ desiredReplicas: 2 })).toMatchObject({ granted: false, reason: 'not-needed' });
    expect(await asks({ protected: 'hands off' })).toMatchObject({
      granted: false,
      reason: 'target-protected',
    });
    const unseen = { kind: 'unseen', reason: 'no answer' } as const;
    expect(await under.stores.gate.pass(undo(ready, request.requestId), unseen)).toMatchObject({
      reason: 'target-unseen',
    });
  });

  test('needs a stored request: none, another effect or a made-up one grants nothing', async () => {
    const under = use();
    const { ready } = await closed(under);
    const other = await closed(under);
    const { request } = await asked(under, other.effectId);
    for (const rollback of [`rollback-${randomUUID()}`, request.requestId, ''])
      expect(await passGate(under.stores, undo(ready, rollback))).toMatchObject({
        granted: false,
        reason: 'no-grant',
      });
    const forward = { ...undo(other.ready, request.requestId), direction: 'forward' as const };
    expect(await passGate(under.stores, forward)).toMatchObject({ granted: false, reason: 'no-plan' });
  });

  test('is of exactly the effect that was asked about, and of no other of its incident', async () => {
    const under = use();
    const { stores } = under;
    const environment = unique('env');
    const steps = ['api', 'web'].map((service) => stepOf(environment, service));
    const ready = await readyToAct(stores, { environment, steps });
    const first = await perform(stores, ready, 0);
    await perform(stores, ready, 1);
    await close(under, ready);
    const { request } = await asked(under, first);
    const second = { ...undo(ready, request.requestId), step: 1 };
    expect(await passGate(stores, second)).toMatchObject({ granted: false, reason: 'no-grant' });
    expect(await passGate(stores, undo(ready, request.requestId))).toMatchObject({ granted: true });
  });

  test('is held by the kill switch, at the gate and right before the call', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await closed(under);
    const { request } = await asked(under, effectId);
    const set = (on: boolean) => stores.killSwitch.set(ready.environment, on, ann, 'maintenance');
    await set(true);
    expect(await passGate(stores, undo(ready, request.requestId))).toMatchObject({ reason: 'kill-switch' });
    await set(false);
    const { id } = intentOf(await passGate(stores, undo(ready, request.requestId)));
    await set(true);
    await expect(stores.gate.mark(id, 'sent', '')).rejects.toMatchObject({ reason: 'kill-switch' });
    await set(false);
    await stores.gate.mark(id, 'sent', '');
    await set(true);
    expect(await stores.gate.permit(id, 1)).toMatchObject({ ok: false });
    await set(false);
  });

  test('counts whoever asked as they are now, at the gate and right before the call', async () => {
    const under = use();
    const { stores } = under;
    const cy = person('cy-admin', 'admin');
    const { ready, effectId } = await closed(under);
    const { request } = await asked(under, effectId, cy);
    const passed = intentOf(await passGate(stores, undo(ready, request.requestId)));
    person('cy-admin', 'operator');
    expect(await passGate(stores, undo(ready, request.requestId))).toMatchObject({
      granted: false,
      reason: 'no-grant',
      detail: expect.stringContaining('cy-admin may not any more'),
    });
    await expect(stores.gate.mark(passed.id, 'sent', '')).rejects.toMatchObject({ name: 'EffectBlocked' });
    forget('cy-admin');
    expect(await passGate(stores, undo(ready, request.requestId))).toMatchObject({ reason: 'no-grant' });
  });

  test('expires: nothing passes after its time, and it may be asked for again', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await closed(under);
    const { request } = await asked(under, effectId);
    const { id } = intentOf(await passGate(stores, undo(ready, request.requestId)));
    await sql`update rollback_requests set expires_at_ms = 1 where id = ${request.requestId}`.execute(
      under.database.db,
    );
    expect(await passGate(stores, undo(ready, request.requestId))).toMatchObject({ reason: 'grant-expired' });
    await expect(stores.gate.mark(id, 'sent', '')).rejects.toMatchObject({ name: 'EffectBlocked' });
    await stores.rollbacks.expire();
    const again = await asked(under, effectId);
    expect(again.request.requestId).not.toBe(request.requestId);
    const untold = await stores.rollbacks.untold(1_000);
    expect(
      untold.filter(({ news }) => news.requestId === request.requestId).map(({ news }) => news.type),
    ).toEqual(['rollback-requested', 'rollback-ended']);
    // Another request is another effect: what was written for the first one never goes out.
    const next = intentOf(await passGate(stores, undo(ready, again.request.requestId)));
    expect(next.id).not.toBe(id);
  });

  test('in an incident that Sentinel works on: whoever asks has it in hand, and it waits for the work to end', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await applied(under);
    const result = await asked(under, effectId);
    expect(result.tookOver).toBe(true);
    const { requestId } = result.request;
    expect(await stores.stops.read(ready.incidentId)).toMatchObject({
      kind: 'take-over',
      actor: 'person:ann-admin',
      reason: `rolls back: ${reason}`,
    });
    expect(await passGate(stores, undo(ready, requestId))).toMatchObject({ reason: 'still-at-work' });
    // The stop forbids every other undo.
    expect(await passGate(stores, undo(ready))).toMatchObject({ reason: 'stopped' });
    await ready.record({
      type: 'handed-over',
      outcome: 'taken-over',
      reason: '?',
      actor: 'person:ann-admin',
    });
    const { id } = intentOf(await passGate(stores, undo(ready, requestId)));
    // The end of the incident takes neither the intent nor the target away.
    await ready.record({
      ...{ type: 'incident-closed', outcome: 'taken-over', reason: '?', actor: 'person:ann-admin' },
      end: 'closed-by-person',
    });
    await stores.incidents.closeEpisode(ready.incidentId, 'taken-over', Date.now());
    expect((await stores.gate.intent(id))?.status).toBe('written');
    expect(await stores.gate.mark(id, 'sent', '')).toMatchObject({ send: { number: 1 } });
  });

  test('is begun until it has a workflow; one whose workflow was lost ends as what is known of it', async () => {
    const under = use();
    const { stores } = under;
    const { ready, effectId } = await closed(under);
    const { requestId } = (await asked(under, effectId)).request;
    const unstarted = async () =>
      (await stores.rollbacks.unstarted(1_000)).filter((order) => order.requestId === requestId);
    expect(await unstarted()).toHaveLength(1);
    await stores.rollbacks.started(requestId);
    expect(await unstarted()).toEqual([]);
    const { id } = intentOf(await passGate(stores, undo(ready, requestId)));
    await stores.gate.mark(id, 'sent', '');
    await sql`update rollback_requests set expires_at_ms = 1 where id = ${requestId}`.execute(
      under.database.db,
    );
    await stores.rollbacks.expire();
    const news = (await stores.rollbacks.untold(1_000)).find(
      ({ news: one }) => one.newsId === `${requestId}/ended`,
    );
    expect(news?.news).toMatchObject({ outcome: 'uncertain', undoneBy: id });
  });

  test('is told to an incident that is open by its workflow only', async () => {
    const under = use();
    const { ready, effectId } = await applied(under);
    await asked(under, effectId);
    const [one] = (await under.stores.rollbacks.untold(1_000)).filter(
      ({ incidentId }) => incidentId === ready.incidentId,
    );
    if (one === undefined) throw new Error('nothing is told');
    expect(await under.stores.rollbacks.record(one)).toBe(false);
    await ready.record(one.news);
    expect((await under.stores.rollbacks.untold(1_000)).map(({ news }) => news.newsId)).not.toContain(
      one.news.newsId,
    );
  });
});
