/** The ECS executor before a fake that speaks the protocol: what it sees, does once, refuses, and does not know. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../../../../activities/ports/executor.ts';
import type { EcsSettings } from '../../../../adapters/aws/ecs/settings.ts';
import {
  environment,
  executorOf,
  grant,
  intentFor,
  settingsOf,
  signal,
} from '../../../support/aws/ecs-cases.ts';
import { type AwsFault, type FakeAws, startFakeAws, writeRole } from '../../../support/aws/fake-aws.ts';

let aws: FakeAws;
let settings: EcsSettings;
let executor: Executor;
beforeAll(async () => {
  aws = await startFakeAws();
});
beforeEach(() => {
  settings = settingsOf(aws.url);
  grant(aws, settings);
  executor = executorOf(settings);
  aws.ecs.add('orders');
});
afterEach(() => {
  // Whatever a test did: nothing was ever asked for that the printed rights do not cover.
  const beyond = aws.calls.filter(({ denied }) => denied).map(({ action }) => action);
  aws.reset();
  expect(beyond).toEqual([]);
});
afterAll(() => aws.close());

const effects = () =>
  aws.calls.filter(({ action }) => action === 'ecs:UpdateService' || action === 'ecs:StopTask');
const service = () => aws.ecs.service('orders');
const firstTask = async () => (await executor.observe(environment))[0]?.replicas[0]?.id ?? '';

describe('what it sees', () => {
  it('is the services that are named, and no others', async () => {
    aws.ecs.add('payments');
    const all = await executor.observe(environment);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({
      target: { environment, service: 'shop-orders', resource: 'ecs/main/orders' },
      executor: 'shop',
      desiredReplicas: 2,
      readyReplicas: 2,
      release: 'orders:2',
      previousRelease: 'orders:1',
      revision: `${service().deployments[0]?.id}|orders:2|2`,
      rollout: { inProgress: false },
      supports: ['restart', 'scale', 'rollback-release', 'deploy-release'],
    });
    expect(all[0]?.replicas.map(({ state, startedAtMs }) => [state, startedAtMs])).toEqual([
      ['running', 1_700_000_000_000],
      ['running', 1_700_000_000_000],
    ]);
    expect(await executor.observe(environment, 'payments')).toEqual([]);
  });

  it('tells a rollout from a complete one, and a task that does not answer its health check', async () => {
    const { intent, call } = await intentFor(executor, 'rollback-release', { to: 'orders:1' });
    await executor.begin(intent, call);
    const [task] = aws.ecs.tasks.values();
    if (task !== undefined) task.healthStatus = 'UNHEALTHY';
    const [seen] = await executor.observe(environment);
    expect(seen).toMatchObject({
      readyReplicas: 1,
      rollout: { inProgress: true, detail: '0 of 2 tasks new' },
    });
  });

  it('is nothing of a service that is deleted', async () => {
    service().status = 'INACTIVE';
    expect(await executor.observe(environment)).toEqual([]);
  });

  it('allows nothing that another deployment controller would undo', async () => {
    service().deploymentController = { type: 'CODE_DEPLOY' };
    expect((await executor.observe(environment))[0]).toMatchObject({
      supports: ['scale'],
      owner: { name: 'code-deploy' },
    });
  });

  it('is protected without the tags of the configuration, and acted on with them', async () => {
    settings = settingsOf(aws.url, { tags: { team: 'shop' } });
    grant(aws, settings);
    executor = executorOf(settings);
    const { intent, call } = await intentFor(executor, 'restart');
    expect(intent.before).toMatchObject({ protected: expect.stringContaining('team = shop'), supports: [] });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'protected' });
    expect(effects()).toEqual([]);
    service().tags = [{ key: 'team', value: 'shop' }];
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'accepted' });
  });
});

describe('what it does', () => {
  it('restarts by one forced deployment, followed to its end', async () => {
    const { intent, call } = await intentFor(executor, 'restart');
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(JSON.stringify(begun));
    expect(effects().map(({ input }) => input)).toEqual([
      { cluster: 'main', service: 'orders', forceNewDeployment: true },
    ]);
    const [primary] = service().deployments;
    if (primary === undefined) throw new Error('nothing was deployed');
    primary.runningCount = 1;
    expect(await executor.poll(intent, begun.handle, signal)).toEqual({
      kind: 'running',
      progress: { done: 1, of: 2, words: '1 of 2 tasks new' },
    });
    aws.ecs.settle('orders');
    // Whichever worker asks: only the handle is needed.
    expect(await executorOf(settings).poll(intent, begun.handle, signal)).toMatchObject({
      kind: 'done',
      summary: '2 of 2 tasks new',
      after: { release: 'orders:2', rollout: { inProgress: false } },
    });
  });

  it('scales to an absolute number, and back', async () => {
    const { intent, call } = await intentFor(executor, 'scale', { replicas: 4 });
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(JSON.stringify(begun));
    expect(await executor.poll(intent, begun.handle, signal)).toMatchObject({
      kind: 'running',
      progress: { done: 2, of: 4 },
    });
    aws.ecs.settle('orders');
    expect(await executor.poll(intent, begun.handle, signal)).toMatchObject({ kind: 'done' });
    expect(await executor.lookUp(intent)).toBe('happened');
    const back = await intentFor(executor, 'scale', { replicas: 2 });
    expect(await executor.begin(back.intent, back.call)).toMatchObject({ kind: 'accepted' });
    expect(service().desiredCount).toBe(2);
    // Undone twice: the second one finds it so.
    expect(await executor.begin(back.intent, callAgain(back.call))).toMatchObject({
      kind: 'refused',
      code: 'changed-meanwhile',
    });
    expect(effects()).toHaveLength(2);
  });

  it('goes back to the stored release, leaves the count, and undoes that', async () => {
    const { intent, call } = await intentFor(executor, 'rollback-release', { to: 'orders:1' });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'accepted' });
    expect(effects()[0]?.input).toEqual({ cluster: 'main', service: 'orders', taskDefinition: 'orders:1' });
    expect(await executor.lookUp(intent)).toBe('cannot-tell');
    aws.ecs.settle('orders');
    expect(await executor.lookUp(intent)).toBe('happened');
    const undo = await intentFor(executor, 'deploy-release', { release: 'orders:2' });
    expect(await executor.begin(undo.intent, undo.call)).toMatchObject({ kind: 'accepted' });
    expect(effects()[1]?.input).toMatchObject({ taskDefinition: 'orders:2' });
  });

  it('stops one task under the name of the intent, and waits for the one in its place', async () => {
    const taskId = await firstTask();
    const { intent, call } = await intentFor(executor, 'restart', { taskId });
    expect(await executor.lookUp(intent)).toBe('not-happened');
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(JSON.stringify(begun));
    const task = [...aws.ecs.tasks.values()].find(({ taskArn }) => taskArn.endsWith(taskId));
    if (task === undefined) throw new Error('the task is gone');
    expect(task.stoppedReason).toBe(`Sentinel ${intent.id}`);
    expect(await executor.lookUp(intent)).toBe('happened');
    Object.assign(task, { lastStatus: 'STOPPED' });
    service().runningCount = 1;
    expect(await executor.poll(intent, begun.handle, signal)).toMatchObject({
      kind: 'running',
      progress: { done: 1, of: 2 },
    });
    aws.ecs.settle('orders');
    expect(await executor.poll(intent, begun.handle, signal)).toMatchObject({ kind: 'done' });
  });
});

describe('as whom', () => {
  it('gives each effect a session that may do only this, for 15 minutes, under the id of its intent', async () => {
    const { intent, call } = await intentFor(executor, 'scale', { replicas: 3 });
    await executor.begin(intent, call);
    const [effect] = effects();
    expect(effect?.session).toBe(intent.id);
    const assumed = aws.calls.find(
      ({ action, input }) => action === 'sts:AssumeRole' && input.RoleSessionName === intent.id,
    )?.input;
    expect(assumed).toMatchObject({ RoleArn: writeRole, DurationSeconds: '900' });
    expect(JSON.parse(String(assumed?.Policy))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['ecs:UpdateService'],
          Resource: ['arn:aws:ecs:eu-central-1:123456789012:service/main/orders'],
          Condition: { DateLessThan: { 'aws:CurrentTime': new Date(call.notAfterMs + 2_000).toISOString() } },
        },
      ],
    });
    // Everything else is asked as the other identity.
    const readers = aws.calls.filter(
      ({ action }) => action.startsWith('ecs:') && action !== 'ecs:UpdateService',
    );
    expect(new Set(readers.map(({ session }) => session))).toEqual(new Set(['sentinel-read']));
  });

  it('is refused by AWS itself when it stood still until its time was over', async () => {
    const { intent, call } = await intentFor(executor, 'restart');
    // Only the clock of AWS knows: that of this process stood still.
    aws.nowMs = () => call.notAfterMs + 60_000;
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'permission-denied' });
    expect(service().deployments).toHaveLength(1);
    expect(effects().map(({ denied }) => denied)).toEqual([true]);
    aws.calls.length = 0;
  });
});

describe('what it refuses', () => {
  it.each([
    ['another cluster', { resource: 'ecs/other/orders' }],
    ['a service that is not named', { resource: 'ecs/main/payments' }],
    ['a path', { resource: 'ecs/main/../orders' }],
    ['no resource', {}],
  ])('%s', async (_, target) => {
    aws.ecs.add('payments');
    const { intent, call } = await intentFor(executor, 'restart');
    const { resource: _left, ...rest } = intent.target;
    const other = { ...intent, target: { ...rest, ...target } };
    expect(await executor.begin(other, call)).toMatchObject({ kind: 'refused', code: 'unknown-target' });
    expect(await executor.preview(other)).toMatchObject({ ok: false, code: 'unknown-target' });
    expect(effects()).toEqual([]);
  });

  it.each([
    ['rollback-release', { to: 'orders' }, 'invalid'],
    ['rollback-release', { to: 'orders:9' }, 'invalid'],
    ['rollback-release', { to: 'orders:2' }, 'changed-meanwhile'],
    ['scale', { replicas: 2 }, 'changed-meanwhile'],
    ['scale', { replicas: 0 }, 'invalid'],
    ['restart', { taskId: 'x/../y' }, 'invalid'],
    ['restart', { taskId: '0'.repeat(32) }, 'unknown-target'],
    ['drain', {}, 'not-supported'],
  ] as const)('%s with %j', async (action, parameters, code) => {
    const { intent, call } = await intentFor(executor, action, parameters);
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code });
    expect(await executor.preview(intent)).toMatchObject({ ok: false, code });
    expect(effects()).toEqual([]);
  });

  it('a task of another service', async () => {
    aws.ecs.add('payments');
    const other = [...aws.ecs.tasks.values()].find(({ group }) => group === 'service:payments');
    const taskId = other?.taskArn.slice(-32) ?? '';
    const { intent, call } = await intentFor(executor, 'restart', { taskId });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'unknown-target' });
    expect(effects()).toEqual([]);
  });

  it('a service that was scaled or deployed since it was looked at', async () => {
    const { intent, call } = await intentFor(executor, 'rollback-release', { to: 'orders:1' });
    aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition: 'orders:3' });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    expect(effects()).toEqual([]);
  });

  it('a restart while a deployment is in progress', async () => {
    aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition: 'orders:3' });
    const { intent, call } = await intentFor(executor, 'restart');
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    expect(effects()).toEqual([]);
  });

  it('a call whose time is over', async () => {
    const { intent, call } = await intentFor(executor, 'restart');
    const late = executorOf(settings, () => call.notAfterMs + 1);
    expect(await late.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'too-late' });
    expect(effects()).toEqual([]);
  });

  it.each<[string, AwsFault, string]>([
    ['throttled', { status: 400, type: 'ThrottlingException' }, 'throttled'],
    ['throttled as a server error', { status: 503, type: 'ThrottlingException' }, 'throttled'],
    ['denied', { status: 400, type: 'AccessDeniedException' }, 'permission-denied'],
    ['expired', { status: 400, type: 'ExpiredTokenException' }, 'expired-credentials'],
    ['not there', { status: 400, type: 'ServiceNotFoundException' }, 'unknown-target'],
    ['not active', { status: 400, type: 'ServiceNotActiveException' }, 'changed-meanwhile'],
    ['said to be invalid', { status: 400, type: 'InvalidParameterException' }, 'invalid'],
    ['refused for a new reason', { status: 400, type: 'SomethingNewException' }, 'refused-by-vendor'],
  ])('what is %s: nothing was done, and it was sent once', async (_, fault, code) => {
    const { intent, call } = await intentFor(executor, 'restart');
    aws.fail('ecs:UpdateService', fault);
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code });
    expect(effects()).toHaveLength(1);
    expect(service().deployments).toHaveLength(1);
  });

  it('sends nothing when it gets no session, or cannot look', async () => {
    for (const [action, fault, code] of [
      ['sts:AssumeRole', { status: 403, type: 'AccessDenied' }, 'permission-denied'],
      ['ecs:DescribeServices', { status: 400, type: 'ThrottlingException' }, 'throttled'],
      ['ecs:DescribeServices', { status: 500, type: 'ServerException' }, 'unreachable'],
      ['ecs:DescribeServices', 'reset', 'unreachable'],
    ] as const) {
      const { intent, call } = await intentFor(executor, 'restart');
      aws.fail(action, fault);
      expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code });
    }
    expect(effects()).toEqual([]);
  });

  it('tells what AWS says without what was signed', async () => {
    const { intent, call } = await intentFor(executor, 'restart');
    const message = `The Canonical String should have been x-amz-security-token:session-token`;
    aws.fail('ecs:UpdateService', { status: 403, type: 'SignatureDoesNotMatch', message });
    const answer = await executor.begin(intent, call);
    expect(answer).toMatchObject({ kind: 'refused', code: 'expired-credentials' });
    expect(JSON.stringify(answer)).not.toMatch(/Canonical|session-token|session-secret|base-secret/);
  });
});

describe('what it does not know', () => {
  it.each<[string, AwsFault, number]>([
    ['the answer is lost after the effect', 'lost', 2],
    ['the answer is lost before it', 'silent', 1],
    ['the connection ends', 'reset', 1],
    ['the answer is no answer of ECS', 'garbage', 1],
    ['ECS has an error of its own', { status: 500, type: 'ServerException' }, 1],
  ])('is told as unknown when %s, and nothing is repeated', async (_, fault, deployments) => {
    const { intent, call } = await intentFor(executor, 'rollback-release', { to: 'orders:1' });
    // Only the effect is cut short.
    const impatient = executorOf(settingsOf(aws.url));
    const hurry = new AbortController();
    aws.fail('ecs:UpdateService', fault);
    const begun = impatient.begin(intent, { ...call, signal: hurry.signal });
    await expect.poll(() => effects().length, { timeout: 60_000 }).toBe(1);
    if (fault === 'lost' || fault === 'silent') hurry.abort();
    expect(await begun).toMatchObject({ kind: 'unknown' });
    expect(effects()).toHaveLength(1);
    expect(service().deployments).toHaveLength(deployments);
    expect(await executor.lookUp(intent)).toBe(deployments === 2 ? 'cannot-tell' : 'not-happened');
    const handle = await executor.resume?.(intent, signal);
    if (deployments === 1) expect(handle).toBeNull();
    else {
      aws.ecs.settle('orders');
      expect(await executor.poll(intent, handle ?? '', signal)).toMatchObject({ kind: 'done' });
    }
  });

  it('is whose forced deployment it was', async () => {
    const { intent } = await intentFor(executor, 'restart');
    expect(await executor.lookUp(intent)).toBe('not-happened');
    aws.ecs.answer('UpdateService', { service: 'orders', forceNewDeployment: true });
    aws.ecs.settle('orders');
    expect(await executor.lookUp(intent)).toBe('cannot-tell');
    expect(await executor.resume?.(intent, signal)).toBeNull();
    expect(executor.promise(intent).idempotency).toBe('none');
  });

  it('is never guessed from a handle or a revision of something else', async () => {
    const { intent } = await intentFor(executor, 'restart');
    expect(await executor.poll(intent, 'x', signal)).toMatchObject({ kind: 'unknown' });
    const { revision: _, ...before } = intent.before;
    expect(await executor.lookUp({ ...intent, before })).toBe('cannot-tell');
  });
});

describe('what becomes of a deployment', () => {
  async function begun() {
    const { intent, call } = await intentFor(executor, 'rollback-release', { to: 'orders:1' });
    const answer = await executor.begin(intent, call);
    if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
    return { intent, handle: answer.handle };
  }

  it('failed, and rolled back by the circuit breaker', async () => {
    const { intent, handle } = await begun();
    aws.ecs.rollBack('orders');
    expect(await executor.poll(intent, handle, signal)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('circuit breaker'),
      left: 'ECS has gone back to orders:2',
    });
  });

  it('superseded by another one', async () => {
    const { intent, handle } = await begun();
    aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition: 'orders:3' });
    expect(await executor.poll(intent, handle, signal)).toMatchObject({ kind: 'superseded' });
  });

  it('superseded when the service is gone', async () => {
    const { intent, handle } = await begun();
    aws.ecs.services.delete('orders');
    expect(await executor.poll(intent, handle, signal)).toMatchObject({ kind: 'superseded' });
  });

  it('not shown yet, for as long as ECS may take, and then not there', async () => {
    const { intent, handle } = await begun();
    const [, before] = service().deployments;
    if (before === undefined) throw new Error('there was none before');
    service().deployments = [{ ...before, status: 'PRIMARY' }];
    expect(await executor.poll(intent, handle, signal)).toMatchObject({ kind: 'running' });
    const later = executorOf(settings, () => Date.now() + 60_000);
    expect(await later.poll(intent, handle, signal)).toMatchObject({ kind: 'superseded' });
  });

  it('not complete while tasks are pending or missing, whatever ECS calls it', async () => {
    const { intent, handle } = await begun();
    const [primary] = service().deployments;
    if (primary === undefined) throw new Error('nothing was deployed');
    Object.assign(primary, { rolloutState: 'COMPLETED', runningCount: 2 });
    service().pendingCount = 1;
    expect(await executor.poll(intent, handle, signal)).toMatchObject({ kind: 'running' });
    service().pendingCount = 0;
    service().runningCount = 1;
    expect(await executor.poll(intent, handle, signal)).toMatchObject({ kind: 'running' });
  });
});

function callAgain<T extends { readonly number: number }>(call: T): T & { revision: undefined } {
  return { ...call, number: call.number + 1, revision: undefined };
}
