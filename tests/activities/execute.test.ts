/** The one place that changes the world: at most one effect, whatever is lost, and whoever dies in between. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Executor } from '../../activities/ports/executor.ts';
import type { IntentStatus } from '../../domain/remediation/intent.ts';
import { type CallFate, createFakeExecutor, type FakeExecutor } from '../support/fake-executor.ts';
import { firstSend, intent, setUp } from '../support/one-intent.ts';

function withoutClosing(executor: FakeExecutor): FakeExecutor {
  delete executor.close;
  return executor;
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
    const begin = executor.begin;
    executor.begin = async (...given) => {
      seen.push(gate.status);
      return begin(...given);
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
    const answering = async (begin: Executor['begin']) => setUp({ ...withFates(), begin }).run();
    expect(
      await answering(async () => ({ kind: 'done', after: null, summary: 'set DB_PASSWORD=hunter2!' })),
    ).toMatchObject({ summary: 'set DB_PASSWORD=[redacted]' });
    const refused = await answering(async () => ({
      ...{ kind: 'refused', code: 'permission-denied' },
      reason: 'bad login password=hunter2!',
    }));
    expect(refused).toMatchObject({ reason: expect.stringContaining('bad login password=[redacted]') });
    const broken = 'connect postgres://app:hunter2!@db/shop';
    const lost = await answering(async () => Promise.reject(new Error(broken)));
    expect(lost).toMatchObject({ reason: expect.stringMatching(/connect postgres/) });
    expect(JSON.stringify(lost)).not.toContain('hunter2');
    const unseen = await setUp({
      ...withFates(),
      observe: async () => Promise.reject(new Error(broken)),
    }).run();
    expect(unseen).toMatchObject({ kind: 'blocked', detail: expect.stringMatching(/connect postgres/) });
    expect(JSON.stringify(unseen)).not.toContain('hunter2');
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
    expect(gate.status).toBe('uncertain');
    expect(await run()).toMatchObject({ kind: 'failed', certain: false });
    expect(executor.ledger).toEqual([]);
  });

  test('is not sent over a target that is not as expected, or that cannot be seen', async () => {
    const executor = withFates();
    const { gate, run } = setUp(executor);
    executor.change({ desiredReplicas: 9 });
    expect(await run()).toMatchObject({
      kind: 'blocked',
      reason: 'target-changed',
      detail: 'replicas was 2, is 9',
      sent: false,
    });
    executor.observe = async () => {
      throw new Error('no route to host');
    };
    expect(await run()).toMatchObject({ kind: 'blocked', reason: 'target-unseen' });
    executor.observe = async () => [];
    expect(await run()).toMatchObject({ kind: 'blocked', reason: 'target-unseen' });
    expect(executor.ledger).toEqual([]);
    expect(gate.status).toBe('written');
  });

  test('and that somebody else may have done is neither repeated nor taken for ours, which would be undone', async () => {
    const executor = withFates();
    await executor.begin(intent, firstSend);
    executor.promise = (step) => ({ ...withFates().promise(step), tellsWhose: false });
    const { gate, run } = setUp(executor);
    expect(await run()).toMatchObject({
      ...{ kind: 'blocked', reason: 'target-changed', sent: false },
      detail: expect.stringContaining('nobody can tell by whom'),
    });
    expect(executor.ledger).toHaveLength(1);
    expect(gate.status).toBe('written');
  });

  test('that does not say what it expects is not sent', async () => {
    const executor = withFates();
    const { gate, run } = setUp(executor);
    const { intent: find } = gate;
    gate.intent = async (id) => {
      const found = await find(id);
      return found && { ...found, intent: { ...intent, expects: [] } };
    };
    expect(await run()).toMatchObject({ kind: 'blocked', reason: 'target-changed' });
    expect(executor.ledger).toEqual([]);
  });

  test('and that the world has already is found, not repeated: the record of its send was lost', async () => {
    const executor = withFates();
    await executor.begin(intent, firstSend);
    const { gate, run } = setUp(executor);
    expect(await run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(executor.ledger).toHaveLength(1);
    expect(gate.status).toBe('applied');
  });

  test.each(['suspend', 'stopAndSetBack'] as const)(
    'is not called by a process that stood still after the record (%s)',
    async (pause) => {
      const executor = withFates();
      const { gate, clocks, run } = setUp(executor);
      const called: number[] = [];
      const { begin } = executor;
      executor.begin = async (given, send) => {
        called.push(send.number);
        return begin(given, send);
      };
      gate.meanwhile = () => {
        if (gate.sends === 1) clocks[pause](5_000);
      };
      expect(await run()).toMatchObject({ kind: 'applied' });
      expect(called, 'send 1 was recorded, closed, and never called').toEqual([2]);
    },
  );

  test.each([
    ['target-protected', { protected: 'frozen until May' }],
    ['rollout-in-progress', { rollout: { inProgress: true, detail: '3 of 5 pods new' } }],
  ] as const)('does not go out when the target says so right before: %s', async (reason, change) => {
    const executor = withFates();
    executor.change(change);
    const { run } = setUp(executor);
    expect(await run()).toMatchObject({ kind: 'blocked', reason });
    expect(executor.ledger).toEqual([]);
  });

  test('carries its number, its time and what was seen to the executor', async () => {
    const executor = withFates();
    executor.change({ revision: '17' });
    const { run } = setUp(executor);
    const sends: unknown[] = [];
    executor.begin = async (_intent, send) => {
      sends.push(send);
      return { kind: 'done', after: null, summary: 'done' };
    };
    await run();
    expect(sends).toMatchObject([{ number: 1, notAfterMs: 5_000, revision: '17' }]);
  });

  test('keeps its target leased while the call is under way', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const executor = withFates();
    const { gate, run } = setUp(executor);
    let release = (): void => {};
    executor.hold = new Promise<void>((resolve) => (release = resolve));
    const running = run();
    await expect.poll(() => gate.status).toBe('sent');
    await vi.advanceTimersByTimeAsync(9_000);
    expect(gate.renewals).toBe(3);
    release();
    expect(await running).toMatchObject({ kind: 'applied' });
    await vi.advanceTimersByTimeAsync(9_000);
    expect(gate.renewals).toBe(3);
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
    await executor.begin(intent, firstSend);
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(executor.ledger).toHaveLength(1);
  });

  test('is not sent again while a kill switch is engaged: it is not settled, and what undoes it stays owed', async () => {
    const executor = withFates();
    const { gate, run } = setUp(executor, 'sent');
    gate.blocked = true;
    expect(await run()).toMatchObject({ kind: 'blocked', reason: 'kill-switch', sent: true });
    expect(executor.ledger).toEqual([]);
    expect(gate.status).toBe('sent');
  });

  test('is closed before it is sent again: the call that was on its way finds the door shut', async () => {
    const executor = withFates();
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: false });
    expect(await executor.begin(intent, firstSend)).toMatchObject({ kind: 'refused' });
    expect(executor.ledger).toHaveLength(1);
  });

  test('is waited for until nobody may send it any more, where the executor cannot close', async () => {
    const executor = withoutClosing(withFates());
    const { run, clocks } = setUp(executor, 'sent');
    const looks: number[] = [];
    const { lookUp } = executor;
    executor.lookUp = async (given) => {
      looks.push(clocks.nowMs());
      return lookUp(given);
    };
    expect(await run()).toMatchObject({ kind: 'applied', foundByLookup: false });
    expect(looks[0]).toBeGreaterThan(firstSend.notAfterMs / 12);
    expect(looks).toHaveLength(2);
  });

  test('is not sent again because of one early "not happened": the call may still be under way', async () => {
    const executor = withoutClosing(withFates());
    let looks = 0;
    const { lookUp } = executor;
    executor.lookUp = async (given) => {
      looks += 1;
      if (looks === 2) await executor.begin(given, firstSend); // the late call arrives
      return lookUp(given);
    };
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(executor.ledger).toHaveLength(1);
  });

  test('is only looked for when nothing may be sent any more', async () => {
    const undone = withFates();
    const { gate, run } = setUp(undone, 'sent');
    expect(await run(true)).toMatchObject({ kind: 'failed', certain: true });
    expect(undone.ledger).toEqual([]);
    expect(gate.status).toBe('failed');
    const done = withFates();
    await done.begin(intent, firstSend);
    expect(await setUp(done, 'sent').run(true)).toMatchObject({ kind: 'applied', foundByLookup: true });
  });

  test('is settled by an executor that can tell after a while', async () => {
    const executor = withFates();
    let looks = 0;
    executor.close = async () => {
      looks += 1;
      if (looks === 1) throw new Error('unreachable');
      return looks < 4 ? 'cannot-tell' : 'happened';
    };
    expect(await setUp(executor, 'sent').run()).toMatchObject({ kind: 'applied', foundByLookup: true });
  });
});

test('the effect happens once at most, wherever calls are lost and the process dies, however often it is tried', async () => {
  const fate = fc.constantFrom<CallFate>('ok', 'lost-done', 'lost-undone', 'unknowable', 'refuse');
  const marks = fc.array(fc.constantFrom<IntentStatus>('sent', 'applied', 'failed', 'uncertain'), {
    maxLength: 4,
  });
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
      // A sender of an earlier number that stood still until now comes to nothing.
      const { length } = executor.ledger;
      executor.fates.length = 0;
      for (let number = 1; number < gate.sends; number += 1)
        await executor.begin(intent, { ...firstSend, number });
      expect(executor.ledger).toHaveLength(length);
    }),
    { numRuns: 300 },
  );
});
