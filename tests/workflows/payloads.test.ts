/** Whoever reaches Temporal without a key changes nothing and stops nothing: what they send is refused, and the incident goes on. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createIncidentWorkflows } from '../../adapters/temporal/incident-workflows.ts';
import type { PayloadProtection } from '../../adapters/temporal/payloads/codec.ts';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { payloadKeys } from '../../adapters/temporal/payloads/keys.ts';
import { type RunningWorker, startWorker } from '../../app/worker/start-worker.ts';
import * as messages from '../../workflows/messages.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { createWorld, silent, type World } from '../support/fakes.ts';
import { anomaly, approval, rollback } from '../support/incident-examples.ts';
import { payloadSecret, testPayloads } from '../support/payloads.ts';
import { freshNamespace, type TestNamespace } from '../support/temporal.ts';
import { bundleCache, incidentInput, quietRuntime, refusalOf } from './stage.ts';

let server: TestNamespace;
let connection: NativeConnection;
let clientConnection: Connection;
let taskQueue: string;
let world: World;

beforeAll(async () => {
  quietRuntime();
  server = await freshNamespace(searchAttributeNames);
  connection = await NativeConnection.connect({ address: server.address });
  clientConnection = await Connection.connect({ address: server.address });
});
afterAll(async () => {
  await clientConnection.close();
  await connection.close();
});
beforeEach(() => {
  taskQueue = randomUUID();
  world = createWorld();
  world.script = [{ steps: [rollback], verdict: approval(3_600) }];
});

/** Null: from before there were keys. */
function clientWith(payloads: PayloadProtection | null = testPayloads()): Client {
  const dataConverter = payloads === null ? {} : { dataConverter: dataConverterOf(payloads, 'client') };
  return new Client({ connection: clientConnection, namespace: server.namespace, ...dataConverter });
}

async function workerWith(payloads: PayloadProtection | null = testPayloads()): Promise<RunningWorker> {
  const worker = await startWorker({
    connection,
    namespace: server.namespace,
    taskQueue,
    activities: world.activities,
    dataConverter: payloads === null ? {} : dataConverterOf(payloads, 'worker'),
    logger: silent,
    bundle: { cacheDir: bundleCache, encodeFailures: payloads?.mode === 'encrypted' },
  });
  onTestFinished(() => worker.stop());
  return worker;
}

async function open(client: Client, settings: Partial<messages.IncidentSettings> = {}) {
  const input = incidentInput(settings);
  return client.workflow.signalWithStart(messages.incidentWorkflowType, {
    workflowId: input.incidentId,
    taskQueue,
    args: [input],
    signal: messages.anomalyObserved,
    signalArgs: [anomaly('a1')],
  });
}

async function approve(client: Client, incidentId: string): Promise<unknown> {
  const handle = client.workflow.getHandle(incidentId);
  const planHash = (await handle.query(messages.planQuery))?.planHash ?? '';
  world.stores.approvals.decide(planHash, 'approve');
  const decision = { approvalId: 'ap-1', planHash, actor: 'ada', decision: 'approve', reason: 'go' } as const;
  await handle.signal(messages.approvalDecided, decision);
  return handle.result();
}

/** Signals with payloads exactly as they are given. */
async function signalBare(workflowId: string, signalName: string, payloads: readonly Payload[]) {
  await clientConnection.workflowService.signalWorkflowExecution({
    namespace: server.namespace,
    workflowExecution: { workflowId },
    signalName,
    input: { payloads: [...payloads] },
  });
}

async function eventsOf(workflowId: string) {
  return (await clientWith().workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}

/** A signal that comes during a workflow task is in the history only when that has ended. */
function signalled(workflowId: string, signalName: string): Promise<Payload> {
  return vi.waitFor(
    async () => {
      const signals = (await eventsOf(workflowId)).map(
        (event) => event.workflowExecutionSignaledEventAttributes,
      );
      const payload = signals.find((signal) => signal?.signalName === signalName)?.input?.payloads?.[0];
      if (payload == null) throw new Error(`no signal ${signalName} in the history of ${workflowId}`);
      return payload;
    },
    { timeout: 60_000, interval: 100 },
  );
}

describe('a running incident', () => {
  test('drops signals that Sentinel did not make for it, and goes on', async () => {
    const refused: string[] = [];
    await workerWith(testPayloads({ onRefused: ({ reason }) => refused.push(reason) }));
    const client = clientWith();
    const other = await open(client);
    const { workflowId } = await open(client);
    await world.called('requestApproval', 2);

    const nobody = clientWith(null).workflow.getHandle(workflowId);
    await nobody.signal(messages.anomalyObserved, anomaly('invented'));
    await nobody.signal('anomalyObserved');
    await nobody.signal('approvalDecided');
    await nobody.signal('anomalyCleared', null);
    await nobody.signal('something-else', { x: 1 });
    const fromOther = await signalled(other.workflowId, 'anomalyObserved');
    await signalBare(workflowId, 'anomalyObserved', [fromOther]);
    await signalBare(workflowId, 'anomalyCleared', [await signalled(workflowId, 'anomalyObserved')]);
    await signalBare(workflowId, 'approvalDecided', [await signalled(workflowId, 'anomalyObserved')]);
    await signalBare(workflowId, 'anomalyNews', [await signalled(workflowId, 'anomalyObserved')]);
    const handle = client.workflow.getHandle(workflowId);
    await handle.signal(messages.anomalyCleared, { anomalyId: 'never there', clearedMs: 1 });
    await signalBare(workflowId, 'anomalyObserved', [await signalled(workflowId, 'anomalyCleared')]);
    await handle.signal(messages.anomalyNews, [{ kind: 'cleared', anomalyId: 'never there', clearedMs: 2 }]);
    await signalBare(workflowId, 'anomalyObserved', [await signalled(workflowId, 'anomalyNews')]);
    const madeUp = { ...fromOther.metadata, 'sentinel-key': Buffer.from('made-up') };
    await signalBare(workflowId, 'anomalyObserved', [{ ...fromOther, metadata: madeUp }]);
    await signalBare(workflowId, 'anomalyObserved', [
      {},
      { metadata: { encoding: Buffer.from('json/plain') } },
    ]);

    const state = await client.workflow.getHandle(workflowId).query(messages.stateQuery);
    expect(Object.keys(state.anomalies)).toEqual(['a1']);
    expect(new Set(refused)).toEqual(new Set(['unsigned', 'foreign', 'unknown-key']));
    expect(await approve(client, workflowId)).toMatchObject({ outcome: 'resolved' });
    expect(
      (await eventsOf(workflowId)).filter(({ workflowTaskFailedEventAttributes: failed }) => failed),
    ).toEqual([]);
    await other.terminate();
  });

  test('answers an update with the reason', async () => {
    await workerWith();
    const client = clientWith();
    const { workflowId } = await open(client);
    await world.called('requestApproval');
    const nobody = clientWith(null).workflow.getHandle(workflowId);
    const stop = { actor: 'mallory', reason: 'mine' };
    expect(await refusalOf(nobody.executeUpdate(messages.abort, { args: [stop] }))).toMatch(
      /^The update abort was refused: its data carries no signature of Sentinel/,
    );
    expect(await refusalOf(nobody.executeUpdate('takeOver'))).toMatch(/takeOver was refused/);
    expect(await refusalOf(nobody.query('state', 'x'))).toMatch(/The query state was refused/);
    expect(await approve(client, workflowId)).toMatchObject({ outcome: 'resolved' });
  });

  test("asks again when somebody answers in an activity's place", async () => {
    const { evaluatePolicy } = world.activities;
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    let calls = 0;
    Object.assign(world.activities, {
      async evaluatePolicy(...input: Parameters<typeof evaluatePolicy>) {
        calls += 1;
        if (calls === 1) {
          asked.resolve();
          await go.promise;
        }
        return evaluatePolicy(...input);
      },
    });
    await workerWith();
    const client = clientWith();
    const handle = await open(client);
    await asked.promise;
    const { raw } = await handle.describe();
    const activityId = raw.pendingActivities?.find(
      ({ activityType }) => activityType?.name === 'evaluatePolicy',
    )?.activityId;
    const forged = { kind: 'auto', rule: 'forged', reason: 'mine' };
    await clientWith(null).activity.complete(
      { workflowId: handle.workflowId, activityId: activityId ?? '' },
      forged,
    );
    go.resolve();
    await world.called('requestApproval');
    const state = await handle.query(messages.stateQuery);
    expect(JSON.stringify(state)).not.toContain('forged');
    expect(calls).toBe(2);
    expect(await approve(client, handle.workflowId)).toMatchObject({ outcome: 'resolved' });
  });
});

describe('somebody without a key', () => {
  test('starts an incident that ends before it has done anything', async () => {
    await workerWith();
    const handle = await open(clientWith(null));
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        type: 'PayloadRefused',
        message: expect.stringMatching(/^The start of this workflow was refused: .*API or command line/),
      },
    });
    expect(world.calls).toEqual([]);
  });

  test('calls an activity in vain', async () => {
    await workerWith();
    const forged = { payloads: [defaultPayloadConverter.toPayload({ incidentId: 'i', intentId: 'x' })] };
    for (const [n, input] of [forged, undefined].entries()) {
      const failure = await callFromElsewhere(`mallory-${n}`, 'execute', input);
      expect(failure).toMatch(/^The call of the activity execute was refused: its data carries no signature/);
    }
    expect(world.calls).toEqual([]);
  });

  test('puts something beside a workflow that nobody can read, and looks at it go on', async () => {
    const workflowId = `incident/${randomUUID()}/1`;
    await clientWith(null).workflow.start('anything', { workflowId, taskQueue, memo: { note: 'x' } });
    const { settings } = incidentInput();
    const workflows = createIncidentWorkflows({ client: clientWith(), taskQueue, settings });
    expect(await workflows.goneReason(workflowId)).toBeNull();
    await expect(clientWith().workflow.getHandle(workflowId).describe()).rejects.toThrow(/no signature/);
  });
});

test('keys are replaced under a running incident', async () => {
  const protection = (letters: string) => {
    const [first = 'a', ...rest] = letters;
    return testPayloads({ keys: payloadKeys([payloadSecret(first), ...rest.map(payloadSecret)]) });
  };
  const before = await workerWith(protection('a'));
  const { workflowId } = await open(clientWith(protection('a')));
  await world.called('requestApproval');
  await before.stop();
  const between = await workerWith(protection('ab'));
  await clientWith(protection('ab'))
    .workflow.getHandle(workflowId)
    .signal(messages.anomalyObserved, anomaly('a2'));
  await between.stop();
  await workerWith(protection('ba'));
  const client = clientWith(protection('ba'));
  const { anomalies } = await client.workflow.getHandle(workflowId).query(messages.stateQuery);
  expect(Object.keys(anomalies).toSorted()).toEqual(['a1', 'a2']);
  expect(await approve(client, workflowId)).toMatchObject({ outcome: 'resolved' });
});

describe('an incident from before there were keys', () => {
  test('goes on, and takes what is signed', async () => {
    const before = await workerWith(null);
    const { workflowId } = await open(clientWith(null), { answersAreSigned: undefined as never });
    await world.called('requestApproval');
    await before.stop();
    const protection = testPayloads({ keysSinceMs: Date.now() + 1 });
    await workerWith(protection);
    expect(await approve(clientWith(protection), workflowId)).toMatchObject({ outcome: 'resolved' });
  });

  test('is one only when it began before: what is started unsigned later is refused', async () => {
    await workerWith(testPayloads({ keysSinceMs: Date.now() - 60_000 }));
    await expect((await open(clientWith(null))).result()).rejects.toMatchObject({
      cause: { type: 'PayloadRefused' },
    });
  });
});

test('encrypted, an incident runs to its end, and Temporal has none of its words', async () => {
  world.broken.add('draftPostmortem');
  const protection = testPayloads({ mode: 'encrypted' });
  await workerWith(protection);
  const client = clientWith(protection);
  const { workflowId } = await open(client);
  await world.called('requestApproval');
  expect(await approve(client, workflowId)).toMatchObject({ outcome: 'resolved' });
  const texts = (await eventsOf(workflowId)).map((event) =>
    JSON.stringify(event, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    ),
  );
  const words = texts.filter((text) => !text.includes('SearchAttributes')).join('\n');
  expect(words).toContain('Encoded failure');
  for (const word of ['errors of orders', 'bad-release', 'rollback', 'draftPostmortem is broken'])
    expect(words).not.toContain(word);
});

/** `COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK` of the protocol. */
const scheduleActivityTask = 1;

/** Schedules an activity on Sentinel's queue from a workflow of one's own, as whoever reaches Temporal can; resolves with its failure. */
async function callFromElsewhere(
  workflowId: string,
  name: string,
  input: { payloads: Payload[] } | undefined,
) {
  const { workflowService } = clientConnection;
  const own = { name: randomUUID() };
  const where = { namespace: server.namespace, identity: 'mallory' };
  await clientWith(null).workflow.start('mallory', { workflowId, taskQueue: own.name });
  const poll = () =>
    clientConnection.withDeadline(Date.now() + 60_000, () =>
      workflowService.pollWorkflowTaskQueue({ ...where, taskQueue: own }),
    );
  const first = await poll();
  const activity = {
    activityId: '1',
    activityType: { name },
    taskQueue: { name: taskQueue },
    input: input ?? null,
    scheduleToCloseTimeout: { seconds: 30 as never },
  };
  await workflowService.respondWorkflowTaskCompleted({
    ...where,
    taskToken: first.taskToken,
    commands: [{ commandType: scheduleActivityTask, scheduleActivityTaskCommandAttributes: activity }],
  });
  const second = await poll();
  const failed = second.history?.events?.find((event) => event.activityTaskFailedEventAttributes);
  return failed?.activityTaskFailedEventAttributes?.failure?.message ?? 'it did not fail';
}
