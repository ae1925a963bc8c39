/** The one place that changes the world: at most one effect, whatever is lost, and whoever dies in between. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createExecute } from '../../activities/execute.ts';
import type { Executor } from '../../activities/ports.ts';
import type { Intent, IntentStatus } from '../../domain/remediation/intent.ts';
import { type CallFate, createFakeExecutor, type FakeExecutor } from '../support/fake-executor.ts';
import { noMetrics, silent } from '../support/fakes.ts';
import { scaleOut } from '../support/incident-examples.ts';

const intent: Intent = {
  id: 'i-1',
  incidentId: 'incident/1',
  planHash: 'p',
  step: 0,
  direction: 'forward',
  action: scaleOut.action,
  target: scaleOut.target,
  executor: 'fake',
  parameters: scaleOut.parameters,
  fence: 1,
  before: scaleOut.before,
};

/** A gate that holds one intent, and an execution that can be called again and again. */
function setUp(executor: Executor | null, status: IntentStatus = 'written') {
  const gate = {
    status,
    /** Marks that fail, as when Postgres is away or the process dies right there. */
    failingMarks: [] as IntentStatus[],
    blocked: false,
    async intent(id: string) {
      return id === intent.id ? { intent, status: gate.status } : null;
    },
    async mark(_id: string, next: IntentStatus) {
      if (gate.failingMarks[0] === next) {
        gate.failingMarks.shift();
        throw new Error('the store is away');
      }
      if (next === 'sent' && gate.blocked) {
        throw Object.assign(new Error('kill switch'), { name: 'EffectBlocked', reason: 'kill-switch' });
      }
      const before = gate.status;
      if (before !== 'applied' && before !== 'failed') gate.status = next;
      return before;
    },
  };
  let nowMs = 0;
  const execute = createExecute({
    gate,
    executors: { forTarget: () => executor },
    logger: silent,
    metrics: noMetrics,
    timings: {
      everyMs: 10,
      patienceMs: 50,
      steadyAnswers: 2,
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
  });
  return { gate, run: () => execute({ intentId: intent.id }), execute };
}

function withFates(...fates: CallFate[]): FakeExecutor {
  const executor = createFakeExecutor(() => {});
  executor.fates.push(...fates);
  return executor;
}

describe('an intent that was written', () => {
  test('is marked sent before the call, and applied after it', async () => {
    const executor = withFates();
    const { gate, run } = setUp(executor);
    const seen: IntentStatus[] = [];
    const apply = executor.apply;
    executor.apply = async (given) => {
      seen.push(gate.status);
      return apply(given);
    };
    expect(await run()).toMatchObject({ kind: 'applied', foundByLookup: false });
    expect(seen).toEqual(['sent']);
    expect(gate.status).toBe('applied');
  });

  test('and blocked in the last moment is not sent', async () => {
    const executor = withFates();
    const { gate, run } = setUp(executor);
    gate.blocked = true;
    expect(await run()).toMatchObject({ kind: 'blocked', reason: 'kill-switch' });
    expect(executor.ledger).toEqual([]);
    expect(gate.status).toBe('written');
  });

  test('and refused by the executor certainly did not happen', async () => {
    expect(await setUp(withFates('refuse')).run()).toMatchObject({ kind: 'failed', certain: true });
  });

  test('and answered with a secret in the words keeps the words, not the secret', async () => {
    const executor = withFates();
    const apply = executor.apply;
    executor.apply = async (given) => {
      const answer = await apply(given);
      return answer.kind === 'applied' ? { ...answer, summary: 'set DB_PASSWORD=hunter2!' } : answer;
    };
    expect(await setUp(executor).run()).toMatchObject({ summary: 'set DB_PASSWORD=[redacted]' });
    executor.apply = async () => ({ kind: 'refused', reason: 'bad login password=hunter2!' });
    expect(JSON.stringify(await setUp(executor).run())).not.toContain('hunter2');
    executor.apply = async () => Promise.reject(new Error('connect postgres://app:hunter2!@db/shop'));
    expect(JSON.stringify(await setUp(executor).run())).not.toContain('hunter2');
  });

  test('whose answer was lost is looked up: found done, or sent once more when it is not there', async () => {
    const done = withFates('lost-done');
    expect(await setUp(done).run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(done.ledger).toHaveLength(1);
    const undone = withFates('lost-undone');
    expect(await setUp(undone).run()).toMatchObject({ kind: 'applied', foundByLookup: false });
    expect(undone.ledger).toHaveLength(1);
  });

  test('is sent twice at most', async () => {
    const executor = withFates('lost-undone', 'lost-undone');
    expect(await setUp(executor).run()).toMatchObject({ kind: 'failed', certain: true });
    expect(executor.fates).toEqual([]);
    expect(executor.ledger).toEqual([]);
  });

  test('that nobody can tell of is failed without certainty, and never repeated', async () => {
    const executor = withFates('unknowable');
    const { gate, run } = setUp(executor);
    expect(await run()).toMatchObject({ kind: 'failed', certain: false });
    expect(gate.status).toBe('failed');
    expect(await run()).toMatchObject({ kind: 'failed', certain: false });
    expect(executor.ledger).toEqual([]);
  });

  test('for an executor that is not configured fails, certainly', async () => {
    expect(await setUp(null).run()).toMatchObject({ kind: 'failed', certain: true });
    expect(await setUp(null, 'sent').run()).toMatchObject({ kind: 'failed', certain: false });
  });

  test('that does not exist is a failure no retry mends', async () => {
    const { execute } = setUp(withFates());
    await expect(execute({ intentId: 'unknown' })).rejects.toMatchObject({
      type: 'UnknownIntent',
      nonRetryable: true,
    });
  });
});

describe('an intent that was sent by somebody who died', () => {
  test('is looked up first: applied without a call when it happened', async () => {
    const executor = withFates();
    await executor.apply(intent);
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(executor.ledger).toHaveLength(1);
  });

  test('is not sent again while a kill switch is engaged', async () => {
    const executor = withFates();
    const { gate, run } = setUp(executor, 'sent');
    gate.blocked = true;
    expect(await run()).toMatchObject({ kind: 'blocked' });
    expect(executor.ledger).toEqual([]);
  });

  test('is not sent again because of one early "not happened": the call may still be under way', async () => {
    const executor = withFates();
    let looks = 0;
    const lookUp = executor.lookUp;
    executor.lookUp = async (given) => {
      looks += 1;
      if (looks === 2) await executor.apply(given); // the late call arrives
      return lookUp(given);
    };
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(executor.ledger).toHaveLength(1);
  });

  test('is settled by an executor that can tell after a while', async () => {
    const executor = withFates();
    let looks = 0;
    executor.lookUp = async () => {
      looks += 1;
      if (looks === 1) throw new Error('unreachable');
      return looks < 4 ? 'cannot-tell' : 'happened';
    };
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: true });
  });
});

test('the effect happens once at most, wherever calls are lost and the process dies, however often it is tried', async () => {
  const fate = fc.constantFrom<CallFate>('ok', 'lost-done', 'lost-undone', 'unknowable', 'refuse');
  const marks = fc.array(fc.constantFrom<IntentStatus>('sent', 'applied', 'failed'), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 6 }), marks, async (fates, failingMarks) => {
      const executor = withFates(...fates);
      const { gate, run } = setUp(executor);
      gate.failingMarks.push(...failingMarks);
      let result: Awaited<ReturnType<typeof run>> | null = null;
      for (let tries = 0; tries < 8 && result === null; tries += 1) {
        result = await run().catch(() => null);
      }
      expect(executor.ledger.length).toBeLessThanOrEqual(1);
      if (result?.kind === 'applied') expect(executor.ledger).toHaveLength(1);
      if (result?.kind === 'failed' && result.certain) expect(executor.ledger).toHaveLength(0);
    }),
    { numRuns: 300 },
  );
});
