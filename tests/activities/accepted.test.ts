/** What a vendor has taken on: recorded before it is told, asked for until it ends, by whichever process is there, and never begun again. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { progressTellings } from '../../domain/remediation/progress.ts';
import { intent, setUp } from '../support/one-intent.ts';
import { running, slowVendor } from '../support/slow-vendor.ts';

const input = { intentId: intent.id };

describe('what was accepted', () => {
  test('is kept with the intent before it is asked for, and applied when it is complete', async () => {
    const vendor = slowVendor({ polls: [running(1)] });
    const { gate, run } = setUp(vendor);
    vendor.poll = async () => {
      expect(gate.accepted).toMatchObject({ handle: 'rollout-7' });
      return { kind: 'done', after: null, summary: 'all new' };
    };
    expect(await run()).toMatchObject({ kind: 'applied', foundByLookup: false, summary: 'all new' });
    expect(gate.status).toBe('applied');
    expect(vendor.begun).toEqual([1]);
  });

  test('is asked for by the next process when the first one dies, and not begun again', async () => {
    const vendor = slowVendor({ polls: [running(2), { kind: 'done', after: null, summary: 'all new' }] });
    const { gate, run } = setUp(vendor, 'sent');
    gate.accepted = { handle: 'rollout-7', atMs: 0 };
    expect(await run()).toMatchObject({ kind: 'applied' });
    expect(vendor.begun).toEqual([]);
    expect(vendor.asked.looks, 'the handle is enough').toBe(0);
  });

  test.each([['on the way out'], ['before it was kept']])(
    'is found again when the answer was lost %s',
    async (where) => {
      const lost = where === 'on the way out';
      const vendor = slowVendor({
        resume: 'rollout-7',
        ...(lost ? { begin: { kind: 'unknown', reason: 'connection reset' } } : {}),
      });
      const { gate, run } = setUp(vendor);
      if (!lost) {
        gate.failingAccepts = 1;
        await expect(run()).rejects.toThrow('the store is away');
      }
      expect(await run()).toMatchObject({ kind: 'applied' });
      expect(vendor.begun).toEqual([1]);
      expect(gate.accepted).toMatchObject({ handle: 'rollout-7' });
    },
  );

  test('with a handle that cannot be kept is looked for like a lost answer', async () => {
    const handle = 'x'.repeat(2_001);
    const vendor = slowVendor({ begin: { kind: 'accepted', handle, summary: '' }, looks: ['happened'] });
    // The first look is before the send.
    let looks = 0;
    vendor.lookUp = async () => (++looks === 1 ? 'not-happened' : 'happened');
    const { gate, run } = setUp(vendor);
    expect(await run()).toMatchObject({ kind: 'applied', foundByLookup: true });
    expect(gate.accepted).toBeNull();
  });

  test('keeps the vendor’s time to settle for the verification', async () => {
    expect(await setUp(slowVendor({ promise: { settleMs: 40_000 } })).run()).toMatchObject({
      kind: 'applied',
      settleMs: 40_000,
    });
  });
});

describe('progress', () => {
  test('is told when it is news, heard at every poll, and in plain bounded words', async () => {
    const vendor = slowVendor({ polls: [running(3)] });
    const { execute, tell } = setUp(vendor);
    const answer = await execute(input);
    expect(answer).toEqual({ kind: 'running', progress: { done: 3, of: 5, words: '3 of 5 pods new' } });
    expect(tell.mock.calls.length).toBeGreaterThan(100);
    vendor.poll = async () => ({
      kind: 'running',
      progress: { done: 4, of: 5, words: `4 of 5\npassword=hunter2 ${'x'.repeat(900)}` },
    });
    const next = await execute({ ...input, told: { times: 1, words: '3 of 5 pods new' } });
    if (next.kind !== 'running') throw new Error(next.kind);
    expect(next.progress.words).not.toMatch(/hunter2|\n/);
    expect(next.progress.words.length).toBeLessThanOrEqual(500);
  });

  test('that stands still is not told again, and neither is any after enough of them', async () => {
    const vendor = slowVendor({ polls: [running(3)] });
    const { execute, clocks } = setUp(vendor);
    await execute(input);
    for (const told of [
      { times: 1, words: '3 of 5 pods new' },
      { times: progressTellings, words: 'something else' },
    ]) {
      const before = clocks.nowMs();
      expect(await execute({ ...input, told })).toMatchObject({ kind: 'running' });
      expect(clocks.nowMs() - before, 'only when the call has to end').toBeGreaterThanOrEqual(120_000);
    }
  });

  test('that cannot be read is said, and what follows counts', async () => {
    const vendor = slowVendor({
      polls: [
        { kind: 'unknown', reason: 'status 503' },
        running(1),
        { kind: 'done', after: null, summary: '' },
      ],
    });
    expect(await setUp(vendor).run()).toMatchObject({ kind: 'applied' });
    vendor.poll = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    expect(await setUp(vendor).run()).toMatchObject({
      kind: 'running',
      progress: { words: expect.stringContaining('cannot be read: connect ECONNREFUSED') },
    });
  });
});

describe('an effect of many calls', () => {
  test('goes on with its calls, each asked for under the send that began it, and is not polled', async () => {
    const vendor = slowVendor();
    const { gate, run } = setUp(vendor);
    const asked: unknown[] = [];
    vendor.advance = async (_intent, handle, { number, permit, signal }) => {
      asked.push([handle, number, await permit(), signal.aborted]);
      return asked.length < 3 ? running(asked.length) : { kind: 'done', after: null, summary: 'all moved' };
    };
    expect(await run()).toMatchObject({ kind: 'applied', summary: 'all moved' });
    expect(asked).toEqual(Array.from({ length: 3 }, () => ['rollout-7', 1, { ok: true }, false]));
    expect(vendor.asked.polls).toBe(0);
    expect(gate.sends).toBe(1);
  });

  test('tells a stop, which ends it, from a store that cannot be asked, which passes', async () => {
    const vendor = slowVendor();
    const { gate, run } = setUp(vendor);
    const answers: unknown[] = [];
    gate.permitted = false;
    vendor.advance = async (_intent, _handle, { permit }) => {
      answers.push(await permit());
      gate.permit = async () => {
        throw new Error('the store is away');
      };
      answers.push(await permit());
      return { kind: 'failed', reason: 'stopped', left: '1 of 3 moved' };
    };
    expect(await run()).toMatchObject({ kind: 'failed', certain: false, left: '1 of 3 moved' });
    expect(answers).toEqual([
      { ok: false, reason: expect.stringContaining('kill switch') },
      { ok: false, reason: expect.stringContaining('the store is away'), mayPass: true },
    ]);
  });

  test('one that breaks is asked again, as a poll is', async () => {
    const vendor = slowVendor();
    let asked = 0;
    vendor.advance = async () => {
      asked += 1;
      if (asked === 1) throw new Error('connect ECONNREFUSED');
      return { kind: 'done', after: null, summary: 'all moved' };
    };
    expect(await setUp(vendor).run()).toMatchObject({ kind: 'applied' });
  });
});

describe('an effect that ends otherwise', () => {
  test('has failed for certain when nothing is left of it', async () => {
    const { gate, run } = setUp(slowVendor({ polls: [{ kind: 'failed', reason: 'no capacity', left: '' }] }));
    expect(await run()).toEqual({ kind: 'failed', certain: true, reason: 'no capacity' });
    expect(gate.status).toBe('failed');
  });

  test('is half done: its target stays blocked, and its compensation owed', async () => {
    const left = '2 of 5 pods are new';
    const { gate, run } = setUp(slowVendor({ polls: [{ kind: 'failed', reason: 'crash loop', left }] }));
    expect(await run()).toEqual({ kind: 'failed', certain: false, reason: 'crash loop', left });
    expect(gate.status).toBe('uncertain');
  });

  test('was replaced by somebody else: nothing of it is there, and nothing is to be undone', async () => {
    const vendor = slowVendor({ polls: [{ kind: 'superseded', reason: 'revision 8 by ann' }] });
    const { gate, run } = setUp(vendor);
    expect(await run()).toMatchObject({ kind: 'failed', certain: true, superseded: true });
    expect(gate.status).toBe('failed');
  });

  test('is not taken for replaced while it may only not be visible yet', async () => {
    const vendor = slowVendor({
      promise: { consistencyDelayMs: 1_000 },
      polls: [
        { kind: 'superseded', reason: 'another one is there' },
        { kind: 'done', after: null, summary: 'all new' },
      ],
    });
    expect(await setUp(vendor).run()).toMatchObject({ kind: 'applied' });
  });
});

describe('an effect past its deadline', () => {
  const stuck = { promise: { deadlineMs: 20_000 }, polls: [running(3)] };
  const told = { times: 1, words: '3 of 5 pods new' };

  test('is for a person where it cannot be cancelled', async () => {
    const { gate, execute } = setUp(slowVendor(stuck));
    expect(await execute({ ...input, told })).toMatchObject({
      kind: 'failed',
      certain: false,
      reason: expect.stringMatching(/not complete 20 s after .*3 of 5 pods new.*may still end/),
    });
    expect(gate.status).toBe('uncertain');
  });

  test.each([
    [
      { kind: 'failed', reason: 'stopped', left: '' },
      { certain: true, reason: /cancelled: stopped/ },
      'failed',
    ],
    [
      { kind: 'failed', reason: 'stopped', left: '3 new' },
      { certain: false, reason: /stopped/ },
      'uncertain',
    ],
    [{ kind: 'unknown', reason: 'no answer' }, { certain: false, reason: /no answer/ }, 'uncertain'],
    [running(2), { certain: false, reason: /still ending/ }, 'uncertain'],
  ] as const)('is cancelled where it can be: %o', async (cancel, { certain, reason }, status) => {
    const vendor = slowVendor({ ...stuck, cancel });
    const { gate, execute } = setUp(vendor);
    const answer = await execute({ ...input, told });
    expect(answer).toMatchObject({ kind: 'failed', certain, reason: expect.stringMatching(reason) });
    expect(vendor.cancelled).toEqual(['rollout-7']);
    expect(gate.status).toBe(status);
  });

  test('counts as done when it has ended while it was cancelled', async () => {
    const vendor = slowVendor({ ...stuck, cancel: { kind: 'done', after: null, summary: 'all new' } });
    expect(await setUp(vendor).execute({ ...input, told })).toMatchObject({ kind: 'applied' });
  });

  test('is not cancelled while a kill switch forbids calls', async () => {
    const vendor = slowVendor({ ...stuck, cancel: { kind: 'failed', reason: '', left: '' } });
    const { gate, execute } = setUp(vendor);
    gate.permitted = false;
    expect(await execute({ ...input, told })).toMatchObject({
      certain: false,
      reason: expect.stringContaining('not cancelled: the kill switch is engaged'),
    });
    expect(vendor.cancelled).toEqual([]);
  });

  test('is still asked once when nobody was there for long', async () => {
    const vendor = slowVendor({ ...stuck, polls: [{ kind: 'done', after: null, summary: 'all new' }] });
    const { gate, clocks, run } = setUp(vendor, 'sent');
    gate.accepted = { handle: 'rollout-7', atMs: 0 };
    clocks.suspend(3_600_000);
    expect(await run()).toMatchObject({ kind: 'applied' });
  });
});

describe('what a vendor promises', () => {
  const lost = { begin: { kind: 'unknown', reason: 'connection reset' } } as const;

  test('none: it is never sent a second time', async () => {
    const vendor = slowVendor({ ...lost, promise: { idempotency: 'none' } });
    expect(await setUp(vendor).run()).toMatchObject({ kind: 'failed', certain: true });
    expect(vendor.begun).toEqual([1]);
  });

  test.each(['token', 'compare-and-set'] as const)(
    '%s: once more after what did not happen',
    async (kind) => {
      const vendor = slowVendor({ ...lost, promise: { idempotency: kind } });
      expect(await setUp(vendor).run()).toMatchObject({ kind: 'failed', certain: true });
      expect(vendor.begun).toEqual([1, 2]);
    },
  );

  test('a consistency delay: nothing counts as not happened before it is over', async () => {
    const delayMs = 30_000;
    const vendor = slowVendor({ ...lost, promise: { idempotency: 'none', consistencyDelayMs: delayMs } });
    const { clocks, run } = setUp(vendor);
    // The effect shows when the delay is nearly over.
    let looks = 0;
    vendor.lookUp = async () => {
      looks += 1;
      return looks > 1 && clocks.nowMs() > delayMs ? 'happened' : 'not-happened';
    };
    expect(await run()).toMatchObject({ kind: 'applied', foundByLookup: true });
  });
});

describe('the lease', () => {
  const withTimers = (): void => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
  };

  test('that somebody else has taken ends the call, forbids the next, and is said', async () => {
    withTimers();
    const vendor = slowVendor({ looks: ['cannot-tell'], promise: { idempotency: 'none' } });
    const { gate, run } = setUp(vendor);
    gate.renew = async () => false;
    const called = Promise.withResolvers<void>();
    let next: unknown = null;
    vendor.begin = async (_intent, { signal, permit }) => {
      called.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      next = await permit();
      return new Promise(() => {}); // it does not listen
    };
    const answer = run();
    await called.promise;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await answer).toMatchObject({
      kind: 'failed',
      certain: false,
      reason: expect.stringContaining('was lost: somebody came after it'),
    });
    expect(next).toMatchObject({ ok: false, reason: expect.stringContaining('was lost') });
  });
});

describe('dry run', () => {
  test('asks the vendor whether it would take it, and sends nothing, however often it is repeated', async () => {
    const vendor = { ...slowVendor(), dryRun: true };
    const { gate, run } = setUp(vendor);
    const answer = { kind: 'dry-run', ok: true, detail: 'would be taken on' };
    expect(await run()).toEqual(answer);
    expect(await run()).toEqual(answer);
    expect(gate).toMatchObject({ status: 'failed', sends: 0 });
    expect(vendor.begun).toEqual([]);
  });

  test('says why it would be refused', async () => {
    const vendor = { ...slowVendor(), dryRun: true };
    vendor.preview = async () => ({ ok: false, code: 'permission-denied', detail: 'pods/eviction' });
    const refused = { kind: 'dry-run', ok: false, code: 'permission-denied', detail: 'pods/eviction' };
    expect(await setUp(vendor).run()).toEqual(refused);
    vendor.preview = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    expect(await setUp(vendor).run()).toMatchObject({ ok: false, code: 'unreachable' });
  });

  test('only looks for what was sent before it was turned on', async () => {
    const vendor = { ...slowVendor({ looks: ['not-happened'] }), dryRun: true };
    expect(await setUp(vendor, 'sent').run()).toMatchObject({ kind: 'failed', certain: true });
    expect(vendor.begun).toEqual([]);
  });
});

describe('an effect under way that a person has stopped', () => {
  const stop = 'ada aborted the incident: wrong tree';

  test.each([
    [{ kind: 'failed', reason: 'stopped', left: '' }, { certain: true }, 'failed'],
    [
      { kind: 'failed', reason: 'stopped', left: '3 of 5 new' },
      { certain: false, left: '3 of 5 new' },
      'uncertain',
    ],
  ] as const)('is cancelled, and says what is half done: %o', async (cancel, outcome, status) => {
    const vendor = slowVendor({ polls: [running(3)], cancel });
    const { gate, run } = setUp(vendor);
    gate.stop = stop;
    const answer = await run();
    expect(answer).toMatchObject({ kind: 'failed', cancelled: true, ...outcome });
    expect(answer).toMatchObject({ reason: expect.stringContaining(stop) });
    expect(vendor.cancelled).toEqual(['rollout-7']);
    expect(gate.purposes, 'the stop itself does not forbid this call').toEqual(['cancel']);
    expect(gate.status).toBe(status);
    expect(vendor.begun, 'never a second effect').toEqual([1]);
  });

  test('was applied when it had ended before it could be stopped', async () => {
    const cancel = { kind: 'done', after: null, summary: 'all new' } as const;
    const { gate, run } = setUp(slowVendor({ polls: [running(5)], cancel }));
    gate.stop = stop;
    expect(await run()).toMatchObject({
      kind: 'applied',
      summary: expect.stringContaining('before it could'),
    });
    expect(gate.status).toBe('applied');
  });

  test('is not cancelled when it has ended by itself', async () => {
    const vendor = slowVendor({ cancel: { kind: 'failed', reason: 'stopped', left: '' } });
    const { gate, run } = setUp(vendor);
    gate.stop = stop;
    expect(await run()).toMatchObject({ kind: 'applied' });
    expect(vendor.cancelled).toEqual([]);
  });

  test.each([
    ['the executor has no way to', {}, true, /goes on by itself \(slow cannot stop it\): 3 of 5/],
    [
      'the kill switch is engaged',
      { cancel: { kind: 'failed', reason: '', left: '' } },
      false,
      /goes on by itself \(it was not cancelled: the kill switch is engaged\)/,
    ],
    ['the answer says nothing', { cancel: { kind: 'unknown', reason: 'status 503' } }, true, /status 503/],
    ['it takes its time', { cancel: running(4) }, true, /still ending: 4 of 5/],
  ] as const)(
    'goes on where %s: that is told, and it is followed to its end',
    async (_what, script, may, words) => {
      const vendor = slowVendor({ polls: [running(3)], ...script });
      const { gate, execute } = setUp(vendor);
      gate.stop = stop;
      gate.permitted = may;
      const answer = await execute(input);
      if (answer.kind !== 'running') throw new Error(answer.kind);
      expect(answer.progress.words).toMatch(words);
      expect(answer.progress.words).toContain(stop);
      expect(gate.status).toBe('sent');
      vendor.poll = async () => ({ kind: 'done', after: null, summary: 'all new' });
      expect(await execute({ ...input, told: { times: 1, words: answer.progress.words } })).toMatchObject({
        kind: 'applied',
      });
      expect(vendor.begun).toEqual([1]);
    },
  );

  test('is followed on while the store cannot be asked', async () => {
    const vendor = slowVendor({
      polls: [running(1), { kind: 'done', after: null, summary: 'all new' }],
      cancel: { kind: 'failed', reason: '', left: '' },
    });
    const { gate, run } = setUp(vendor);
    gate.stopped = () => Promise.reject(new Error('the store is away'));
    expect(await run()).toMatchObject({ kind: 'applied' });
    expect(vendor.cancelled).toEqual([]);
  });
});
