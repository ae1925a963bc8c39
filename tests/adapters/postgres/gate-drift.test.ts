// The world changed between the plan and its effect: people and other incidents act too. The gate compares what it is shown
// of the target with what the plan, or the undo, expects to find, and keeps away from targets with an open effect.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createExecute } from '../../../activities/execute.ts';
import type { Executor } from '../../../activities/ports/executor.ts';
import type { ExecuteResult, GateInput } from '../../../activities/types.ts';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import type { Stores } from '../../../adapters/postgres/index.ts';
import type { PlanStep } from '../../../domain/remediation/plan.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { callOf } from '../../support/calls.ts';
import { noMetrics, silent } from '../../support/fakes.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import {
  askPeople,
  oneOperator,
  passGate,
  perform,
  person,
  propose,
  type Ready,
  readyToAct,
  stepOf,
  unique,
} from './fixtures.ts';

const forward = ({ incidentId, planHash }: Ready, step = 0): GateInput => ({
  incidentId,
  planHash,
  step,
  direction: 'forward',
});
const undo = (ready: Ready, step = 0): GateInput => ({ ...forward(ready, step), direction: 'compensation' });

const changed = { granted: false, reason: 'target-changed' };
const unsettled = { granted: false, reason: 'target-unsettled' };

async function granted(stores: Stores, input: GateInput): Promise<string> {
  const passed = await passGate(stores, input);
  if (!passed.granted) throw new Error(`${passed.reason}: ${passed.detail}`);
  return passed.intent.id;
}

async function sendOut(stores: Stores, input: GateInput): Promise<string> {
  const id = await granted(stores, input);
  await stores.gate.mark(id, 'sent', 'sending');
  return id;
}

function expireLeases({ database }: StoresUnderTest, { incidentId }: Ready) {
  return sql`update leases set expires_at_ms = 0 where incident_id = ${incidentId}`.execute(database.db);
}

const mock = () =>
  createMockExecutor({ name: 'mock', services: [{ service: 'api', replicas: 2 }], nowMs: () => Date.now() });

async function seen(executor: Executor, environment: string): Promise<TargetState> {
  const [state] = await executor.observe(environment, 'api');
  if (state === undefined) throw new Error('no target');
  return state;
}

function execute(stores: Stores, executor: Executor, intentId: string): Promise<ExecuteResult> {
  const timings = {
    ...{ everyMs: 1, pollEveryMs: 1, patienceMs: 200, steadyAnswers: 3, followForMs: 2_000 },
    tellAfterMs: () => 0,
    ...{ nowMs: Date.now, sleep: async () => {} },
  };
  const deps = { gate: stores.gate, executors: { forTarget: () => executor }, logger: silent };
  return createExecute({ ...deps, metrics: noMetrics, timings })({ intentId });
}

/** Somebody at a keyboard, who does not ask Sentinel. */
function byHand(executor: Executor, before: TargetState, change: Pick<PlanStep, 'action' | 'parameters'>) {
  const common = { incidentId: '-', planHash: '-', step: 0, direction: 'forward', expects: [] } as const;
  const intent = {
    ...common,
    ...change,
    id: 'by-hand',
    target: before.target,
    executor: 'mock',
    fence: 0,
    before,
  };
  return executor.begin(intent, callOf({ number: 1, notAfterMs: Date.now() + 60_000 }));
}

const rollback = (environment: string, before: TargetState) =>
  stepOf(environment, 'api', {
    action: 'rollback-release',
    parameters: { to: 'r1' },
    inverse: { action: 'deploy-release', parameters: { release: 'r2' } },
    before,
  });

await describeStores('a target that is not as the plan saw it', (use) => {
  test('a plan made on release r2 does not overwrite the r3 that people deployed while it waited for approval', async () => {
    const { stores } = use();
    const executor = mock();
    const environment = unique('env');
    const before = await seen(executor, environment);
    const ready = await readyToAct(stores, {
      environment,
      verdict: oneOperator,
      steps: [rollback(environment, before)],
    });
    await askPeople(stores, ready);
    const principal = person('ann');
    const { incidentId, planHash } = ready;
    await stores.approvals.decide({ incidentId, planHash, principal, decision: 'approve', reason: '' });
    await ready.record({ type: 'approval-granted', planHash });
    await byHand(executor, before, { action: 'deploy-release', parameters: { release: 'r3-hotfix' } });
    const state = await seen(executor, environment);
    expect(await stores.gate.pass(forward(ready), { kind: 'seen', state })).toEqual({
      ...changed,
      detail: `${environment}/api has changed since the plan was made: release was r2, is r3-hotfix`,
    });
    expect((await seen(executor, environment)).release).toBe('r3-hotfix');
  });

  test('nor one that is changed after the gate, right before the call', async () => {
    const { stores } = use();
    const executor = mock();
    const environment = unique('env');
    const before = await seen(executor, environment);
    const ready = await readyToAct(stores, { environment, steps: [rollback(environment, before)] });
    const intentId = await granted(stores, forward(ready));
    await byHand(executor, before, { action: 'deploy-release', parameters: { release: 'r3-hotfix' } });
    expect(await execute(stores, executor, intentId)).toMatchObject({
      kind: 'blocked',
      reason: 'target-changed',
      sent: false,
    });
    expect((await seen(executor, environment)).release).toBe('r3-hotfix');
    expect((await stores.gate.intent(intentId))?.status).toBe('written');
    // Asked again, the gate sees it, too: what was once allowed is not allowed for ever.
    const state = await seen(executor, environment);
    expect(await stores.gate.pass(forward(ready), { kind: 'seen', state })).toMatchObject(changed);
  });

  test('nor one that is changed in the very moment of the call: the executor makes it depend on what was seen', async () => {
    const { stores } = use();
    const executor = mock();
    const environment = unique('env');
    const before = await seen(executor, environment);
    const ready = await readyToAct(stores, { environment, steps: [rollback(environment, before)] });
    const intentId = await granted(stores, forward(ready));
    const racing: Executor = {
      ...executor,
      async begin(intent, send) {
        await byHand(executor, before, { action: 'deploy-release', parameters: { release: 'r3-hotfix' } });
        return executor.begin(intent, send);
      },
    };
    expect(await execute(stores, racing, intentId)).toMatchObject({ kind: 'failed', certain: true });
    expect((await seen(executor, environment)).release).toBe('r3-hotfix');
  });

  test.each<{ what: string; step: Partial<PlanStep>; change: Partial<TargetState>; detail: string }>([
    {
      what: 'a scaling, another number of replicas',
      step: {},
      change: { desiredReplicas: 7 },
      detail: 'replicas was 2, is 7',
    },
    {
      what: 'a rollback of the configuration, another configuration',
      step: {
        action: 'rollback-config',
        parameters: { to: 'c0' },
        inverse: { action: 'apply-config', parameters: { version: 'c1' } },
      },
      change: { config: 'c2' },
      detail: 'configuration was c1, is c2',
    },
    {
      what: 'a restart, another release: its processes are fresh',
      step: { action: 'restart', parameters: {}, inverse: null },
      change: { release: 'r3' },
      detail: 'release was r2, is r3',
    },
    {
      what: 'a restart of a replica, its absence',
      step: {
        action: 'restart',
        parameters: { taskId: 'api-1' },
        inverse: null,
        before: withReplica('running'),
      },
      change: { replicas: [] },
      detail: 'replica api-1 was in service, is gone',
    },
    {
      what: 'a drain, that somebody has drained it',
      step: {
        action: 'drain',
        parameters: { taskId: 'api-1' },
        inverse: null,
        before: withReplica('running'),
      },
      change: { replicas: withReplica('draining').replicas },
      detail: 'replica api-1 was in service, is draining',
    },
    {
      what: 'an emptying, that there is nothing to empty',
      step: {
        action: 'clear-sandbox',
        parameters: {},
        inverse: null,
        before: { ...withReplica('running'), sandbox: { usedBytes: 9, limitBytes: 10 } },
      },
      change: { sandbox: undefined as never },
      detail: 'sandbox was there, is none',
    },
    {
      what: 'anything, another owner',
      step: {},
      change: { executor: 'other' },
      detail: 'it belongs to executor other now, not to mock',
    },
  ])('refused: $what', async ({ step, change, detail }) => {
    const { stores } = use();
    const environment = unique('env');
    const base = stepOf(environment, 'api', step);
    const before = { ...base.before, target: base.target };
    const ready = await readyToAct(stores, { environment, steps: [{ ...base, before }] });
    expect(await passGate(stores, forward(ready), change)).toMatchObject({
      ...changed,
      detail: expect.stringContaining(detail),
    });
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('what an action does not depend on may change', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const change = { release: 'r9', config: 'c9', replicas: withReplica('exited').replicas };
    expect(await passGate(stores, forward(ready), change)).toMatchObject({ granted: true });
  });

  test('what cannot be seen is not unchanged', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    expect(await stores.gate.pass(forward(ready), { kind: 'unseen', reason: 'no answer' })).toMatchObject({
      granted: false,
      reason: 'target-unseen',
      detail: expect.stringContaining('no answer'),
    });
  });

  test('an undo finds what its step has left, or does nothing', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await perform(stores, ready);
    expect(await passGate(stores, undo(ready), { desiredReplicas: 9 })).toEqual({
      ...changed,
      detail: `${ready.environment}/api has changed since the step to undo was carried out: replicas was 4, is 9`,
    });
    expect(await passGate(stores, undo(ready))).toMatchObject({ granted: true });
  });

  test.each([
    { what: 'a number of replicas', step: {}, restored: { desiredReplicas: 2 } },
    {
      what: 'a release',
      step: {
        action: 'rollback-release',
        parameters: { to: 'r1' },
        inverse: { action: 'deploy-release', parameters: { release: 'r2' } },
      },
      restored: { release: 'r2' },
    },
  ] as const)('an undo is not needed where a person has put $what back', async ({ step, restored }) => {
    const { stores } = use();
    const environment = unique('env');
    const ready = await readyToAct(stores, { environment, steps: [stepOf(environment, 'api', step)] });
    await perform(stores, ready);
    expect(await passGate(stores, undo(ready), restored)).toEqual({
      granted: false,
      reason: 'not-needed',
      detail: `${environment}/api is already as it was before the step`,
    });
    // Another owner, or another target in its place, is a change like any other.
    expect(await passGate(stores, undo(ready), { ...restored, executor: 'other' })).toMatchObject(changed);
    expect(await passGate(stores, undo(ready))).toMatchObject({ granted: true });
  });
});

await describeStores('an effect that has not ended', (use) => {
  test('an undo does not take back what another incident has done to the target since', async () => {
    const under = use();
    const { stores } = under;
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    await perform(stores, first);
    await expireLeases(under, first);
    const second = await readyToAct(stores, { environment, steps: [from4to8(environment)] });
    await perform(stores, second);
    await stores.incidents.closeEpisode(second.incidentId, 'resolved', Date.now());
    // Even where the target looks as the first one has left it: the second has built on it.
    expect(await passGate(stores, undo(first))).toEqual({
      ...changed,
      detail: `${second.incidentId} has changed ${environment}/api since (scale@${environment}/api); undoing would revert that too`,
    });
  });

  test('but it does when the other incident has taken its own effect back', async () => {
    const under = use();
    const { stores } = under;
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    await perform(stores, first);
    await expireLeases(under, first);
    const second = await readyToAct(stores, { environment, steps: [from4to8(environment)] });
    await perform(stores, second);
    await perform(stores, second, 0, 'compensation');
    await stores.incidents.closeEpisode(second.incidentId, 'escalated', Date.now());
    expect(await passGate(stores, undo(first))).toMatchObject({ granted: true });
  });

  test('an undo is not let out while its forward call may still be under way', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const id = await sendOut(stores, forward(ready));
    expect(await passGate(stores, undo(ready))).toMatchObject(unsettled);
    await stores.gate.mark(id, 'applied', 'done');
    expect(await passGate(stores, undo(ready))).toMatchObject({ granted: true });
  });

  test('a target with a call under way is not given to another incident, however long the call takes', async () => {
    const under = use();
    const { stores } = under;
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    const second = await readyToAct(stores, { environment });
    const id = await sendOut(stores, forward(first));
    await expireLeases(under, first);
    expect(await passGate(stores, forward(second))).toMatchObject(unsettled);
    await stores.gate.mark(id, 'failed', 'refused');
    expect(await passGate(stores, forward(second))).toMatchObject({ granted: true });
  });

  test.each(['sent', 'uncertain'] as const)(
    'a target is not free while the last effect on it is %s, also after that incident was closed',
    async (status) => {
      const { stores } = use();
      const environment = unique('env');
      const first = await readyToAct(stores, { environment });
      const second = await readyToAct(stores, { environment });
      const id = await sendOut(stores, forward(first));
      if (status !== 'sent') await stores.gate.mark(id, status, 'nobody can tell');
      await first.record({ type: 'incident-closed', outcome: 'escalated', reason: '?', actor: 'sentinel' });
      await stores.incidents.closeEpisode(first.incidentId, 'escalated', Date.now());
      expect(await passGate(stores, forward(second))).toMatchObject({
        ...unsettled,
        detail: expect.stringContaining(id),
      });
      const elsewhere = await readyToAct(stores, {
        environment,
        service: 'worker',
        steps: [stepOf(environment, 'worker')],
      });
      expect(await passGate(stores, forward(elsewhere))).toMatchObject({ granted: true });
    },
  );

  test('nor to a second attempt of the same incident', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const id = await sendOut(stores, forward(ready));
    await stores.gate.mark(id, 'uncertain', 'nobody can tell');
    const step = stepOf(ready.environment, 'api', { action: 'restart', parameters: {}, inverse: null });
    await ready.record({ type: 'enrichment-started', attempt: 2 });
    const next = await propose(stores, ready, [step], { kind: 'auto', rule: 'r', reason: '' }, 2);
    expect(await passGate(stores, forward({ ...ready, planHash: next.planHash }))).toMatchObject(unsettled);
  });

  test('an outcome that nobody knows is over when its undo was applied', async () => {
    const { stores } = use();
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    const second = await readyToAct(stores, { environment });
    const id = await sendOut(stores, forward(first));
    await stores.gate.mark(id, 'uncertain', 'nobody can tell');
    await perform(stores, first, 0, 'compensation');
    await stores.incidents.closeEpisode(first.incidentId, 'escalated', Date.now());
    expect(await passGate(stores, forward(second))).toMatchObject({ granted: true });
  });
});

function from4to8(environment: string): PlanStep {
  const step = stepOf(environment, 'api', {
    parameters: { replicas: 8 },
    inverse: { action: 'scale', parameters: { replicas: 4 } },
  });
  return { ...step, before: { ...step.before, desiredReplicas: 4 } };
}

function withReplica(state: 'running' | 'draining' | 'exited'): TargetState {
  const { before } = stepOf('env', 'api');
  return { ...before, replicas: [{ id: 'api-1', state, startedAtMs: 0, restarts: 0 }] };
}
