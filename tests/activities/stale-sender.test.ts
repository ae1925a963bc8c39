/**
 * A process that stands still between the record of a send and its call (SIGSTOP, a paused machine, a blocked event loop) calls
 * later, although another try has decided meanwhile what became of the effect. Real gate (PGlite), real `execute`; the world
 * knows the two kinds of vendors: one that can close a send, and one that takes whatever comes. Time passes only where somebody
 * waits for it, so that a busy machine makes nobody late.
 */
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExecute } from '../../activities/execute.ts';
import type { Executor } from '../../activities/ports/executor.ts';
import type { Gate } from '../../activities/ports.ts';
import { createMockExecutor } from '../../adapters/mock/executor.ts';
import { createStores, type Database, type Stores } from '../../adapters/postgres/index.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import { limitsConfigSchema } from '../../domain/remediation/limits.ts';
import { passGate, person, readyToAct, stepOf, unique } from '../adapters/postgres/fixtures.ts';
import { noMetrics, silent } from '../support/fakes.ts';
import { openMemory } from '../support/stores.ts';

let database: Database;
let stores: Stores;
beforeAll(async () => {
  database = await openMemory();
  // The store goes by its own clock, the real one: no test comes near a minute between the record of a send and its call.
  stores = createStores(database, { limits: limitsConfigSchema.parse({}), sendWithinMs: 60_000 });
});
afterAll(() => database.close());

/** Performs whatever arrives and knows what it did: no numbers, no closing. The worst vendor there can be. */
function plainWorld() {
  const ledger: { intentId: string; direction: string }[] = [];
  const executor: Executor = {
    name: 'mock',
    promise: () => ({
      idempotency: 'compare-and-set',
      tellsWhose: true,
      consistencyDelayMs: 0,
      deadlineMs: 60_000,
      settleMs: 0,
    }),
    poll: async () => ({ kind: 'unknown', reason: 'nothing was accepted' }),
    observe: async (environment, service = 'api') => [stateOf(environment, service)],
    preview: async () => ({ ok: true, detail: '' }),
    async begin(intent: Intent) {
      ledger.push({ intentId: intent.id, direction: intent.direction });
      return { kind: 'done', after: null, summary: 'done' };
    },
    lookUp: async (intent) =>
      ledger.some(({ intentId }) => intentId === intent.id) ? 'happened' : 'not-happened',
  };
  return { ledger, executor };
}

/** The mock closes, numbers and keeps time. It has been there for ever, and so knows of everything that was sent to it. */
function closingWorld() {
  let nowMs = () => 0;
  const executor = createMockExecutor({
    name: 'mock',
    services: [{ service: 'api', replicas: 2 }],
    nowMs: () => nowMs(),
  });
  nowMs = () => Date.now();
  return { executor, ledger: executor.ledger };
}

function stateOf(environment: string, service: string) {
  return { ...stepOf(environment, service).before, config: 'c2' };
}

const timings = {
  everyMs: 1,
  pollEveryMs: 1,
  patienceMs: 200,
  steadyAnswers: 3,
  followForMs: 2_000,
  tellAfterMs: () => 0,
};

/** The time of one or more processes. It passes for all of them while one of them waits. */
function ownTime() {
  let atMs = Date.now();
  return {
    nowMs: () => atMs,
    monotonicMs: () => atMs,
    async sleep(ms: number) {
      atMs += ms;
      await setImmediate();
    },
  };
}

function processesOf(executor: Executor) {
  const time = ownTime();
  return (gate: Pick<Gate, 'intent' | 'mark' | 'accept' | 'permit' | 'stopped' | 'renew' | 'leaseMs'>) =>
    createExecute({
      gate,
      executors: { forTarget: () => executor },
      logger: silent,
      metrics: noMetrics,
      timings: { ...timings, ...time },
    });
}

/** A gate whose process stands still right after `sent` was committed, until `go` is called. */
function stopsAfterSent(gate: Gate) {
  const stopped = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const mark: Gate['mark'] = async (...args) => {
    const marked = await gate.mark(...args);
    if (args[1] === 'sent') {
      stopped.resolve();
      await released.promise;
    }
    return marked;
  };
  return { stopped: stopped.promise, go: released.resolve, gate: { ...gate, mark } };
}

/** A gate that lets nobody send before two have asked. */
function bothAskAtOnce(gate: Gate): Gate {
  const both = Promise.withResolvers<void>();
  let asked = 0;
  const mark: Gate['mark'] = async (...args) => {
    if (args[1] === 'sent') {
      asked += 1;
      if (asked === 2) both.resolve();
      await both.promise;
    }
    return gate.mark(...args);
  };
  return { ...gate, mark };
}

async function granted() {
  const environment = unique('env');
  const ready = await readyToAct(stores, {
    environment,
    steps: [
      stepOf(environment, 'api', {
        action: 'restart',
        parameters: {},
        inverse: null,
        before: stateOf(environment, 'api'),
      }),
    ],
  });
  const { incidentId, planHash } = ready;
  const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
  if (!passed.granted) throw new Error(passed.detail);
  return { ready, intentId: passed.intent.id };
}

describe.each([
  ['a vendor that takes whatever comes', plainWorld],
  ['a vendor that closes what was not done', closingWorld],
] as const)('%s', (_name, world) => {
  test('two workers, one paused: the effect happens once', async () => {
    const { intentId } = await granted();
    const { ledger, executor } = world();
    const run = processesOf(executor);
    const paused = stopsAfterSent(stores.gate);
    const first = run(paused.gate)({ intentId });
    await paused.stopped;
    const second = await run(stores.gate)({ intentId });
    expect(second).toMatchObject({ kind: 'applied' });
    paused.go();
    expect(await first, 'the one who woke up hears what is recorded').toMatchObject({ kind: 'applied' });
    expect(ledger, 'one intent, one effect').toHaveLength(1);
  });

  test('three workers that all wake up: still once', async () => {
    const { intentId } = await granted();
    const { ledger, executor } = world();
    const run = processesOf(executor);
    const asleep = [stopsAfterSent(stores.gate), stopsAfterSent(stores.gate)];
    const tries: Promise<unknown>[] = [];
    for (const paused of asleep) {
      tries.push(run(paused.gate)({ intentId }));
      await paused.stopped;
    }
    tries.push(run(stores.gate)({ intentId }));
    await Promise.all(tries.slice(-1));
    for (const paused of asleep) paused.go();
    await Promise.allSettled(tries);
    expect(ledger).toHaveLength(1);
    expect((await stores.gate.intent(intentId))?.status).toBe('applied');
  });

  test('what was blocked does not happen later, under an engaged kill switch and with the incident closed', async () => {
    const { ready, intentId } = await granted();
    const { ledger, executor } = world();
    const run = processesOf(executor);
    const paused = stopsAfterSent(stores.gate);
    const first = run(paused.gate)({ intentId });
    await paused.stopped;
    await stores.killSwitch.set(ready.environment, true, person('ann', 'admin'), 'stop everything');
    const second = await run(stores.gate)({ intentId });
    expect(second).toMatchObject({ kind: 'blocked', sent: true });
    await ready.record({
      type: 'incident-closed',
      outcome: 'escalated',
      reason: 'gate refused',
      actor: 'sentinel',
    });
    await stores.incidents.closeEpisode(ready.incidentId, 'escalated', Date.now());
    paused.go();
    await first;
    expect(ledger, 'no effect under an engaged kill switch, after the incident was closed').toHaveLength(0);
  });

  test('two workers that find it sent both look, and one of them sends', async () => {
    const { intentId } = await granted();
    const { ledger, executor } = world();
    await stores.gate.mark(intentId, 'sent', 'sending'); // by one who died
    const gate = bothAskAtOnce(stores.gate);
    // They wait at the same time: of each other's wait they know nothing.
    const both = await Promise.allSettled([
      processesOf(executor)(gate)({ intentId }),
      processesOf(executor)(gate)({ intentId }),
    ]);
    expect(both.map(({ status }) => status)).toContain('fulfilled');
    expect(ledger).toHaveLength(1);
  });
});

test('an answer that came late does not contradict the record', async () => {
  const { intentId } = await granted();
  const { executor } = plainWorld();
  const held = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  const slow: Executor = {
    ...executor,
    async begin(...given) {
      called.resolve();
      await held.promise;
      return executor.begin(...given);
    },
    lookUp: async () => 'cannot-tell',
  };
  const run = processesOf(slow);
  const first = run(stores.gate)({ intentId });
  await called.promise;
  expect(await run(stores.gate)({ intentId })).toMatchObject({ kind: 'failed', certain: false });
  held.resolve();
  expect(await first).toMatchObject({ kind: 'failed', certain: false });
  expect((await stores.gate.intent(intentId))?.status).toBe('uncertain');
});

test('a refusal of an old send says nothing of the one that is under way', async () => {
  const { intentId } = await granted();
  const { executor } = closingWorld();
  const refused = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const late: Executor = {
    ...executor,
    async begin() {
      reached.resolve();
      await refused.promise;
      return { kind: 'refused', code: 'overtaken', reason: 'closed' };
    },
  };
  const first = processesOf(late)(stores.gate)({ intentId });
  await reached.promise;
  await stores.gate.mark(intentId, 'sent', 'sending', 2); // by another, who has closed the first
  refused.resolve();
  await expect(first).rejects.toThrow('sent again by another process');
  expect((await stores.gate.intent(intentId))?.status).toBe('sent');
});
