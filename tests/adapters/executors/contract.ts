/**
 * What every executor keeps, whatever it acts on. Its test calls `executorContract` with a harness: a world that is really there,
 * the vendor's own count of effects, and faults between the executor and the vendor.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Call, Executor, Polled } from '../../../activities/ports/executor.ts';
import { type TargetRef, targetKey } from '../../../domain/inventory/target.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import { type ActionId, actions } from '../../../domain/remediation/actions/index.ts';
import { inverseOf } from '../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { factsFor, stateAfter } from '../../../domain/remediation/precondition.ts';
import { type RefusalCode, refusalCodes } from '../../../domain/remediation/refusal-code.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { callOf } from '../../support/calls.ts';
import { type MemoryGate, memoryGate } from '../../support/memory-gate.ts';
import { executed as executedBy } from './worker.ts';

export type ExecutorHarness = {
  /** Another instance on the same world, as in another process. */
  executor(): Executor;
  /** A target to act on that nothing else acts on meanwhile, as it is now: may be the same one each time. */
  target(): Promise<TargetRef>;
  /** One that does not exist, in the same environment. */
  readonly nobody: TargetRef;
  /** A change of the target that can be undone, from its state: `scale` by one, say. */
  step(state: TargetState): { readonly action: ActionId; readonly parameters: ActionParameters };
  /** Where the step has no inverse: makes the world as it was before it, by hand. */
  readonly restore?: () => Promise<void>;
  /** How many effects of this intent the vendor itself has seen. */
  effects(intent: Intent): Promise<number>;
  /** Somebody else changes what the step of this intent depends on; nothing of it has been begun. */
  drift(intent: Intent): Promise<void>;
  /** Where no fact of the target tells of that, only its revision. */
  readonly driftShowsInRevisionOnly?: true;
  /**
   * Between the executor and the vendor, for the next call that changes something: its answer is lost before or after the
   * effect, or it is refused. Null: this vendor has no such refusal, and `why` says so.
   */
  readonly faults: {
    lose(when: 'before' | 'after'): Promise<void>;
    readonly deny: (() => Promise<void>) | { readonly why: string };
    readonly throttle: (() => Promise<void>) | { readonly why: string };
    /** The world without any fault. */
    heal(): Promise<void>;
  };
  close(): Promise<void>;
};

export function executorContract(name: string, open: () => Promise<ExecutorHarness>): void {
  describe(`${name} keeps the contract of executors`, () => {
    let harness: ExecutorHarness;
    let fences = Math.floor(Date.now() / 1_000);
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());

    async function stateOf(target: TargetRef): Promise<TargetState> {
      const seen = await harness.executor().observe(target.environment, target.service);
      const state = seen.find((one) => targetKey(one.target) === targetKey(target));
      if (state === undefined) throw new Error(`${targetKey(target)} is not there`);
      return state;
    }

    async function intentOn(target: TargetRef, more: Partial<Intent> = {}): Promise<Intent> {
      const before = await stateOf(target);
      const step = harness.step(before);
      const intent = { ...step, ...more };
      const touches = actions[intent.action].touches?.(before, intent.parameters);
      fences += 1;
      return {
        id: `intent-contract-${process.pid}-${fences}`,
        incidentId: 'incident/test/contract/1',
        planHash: 'p'.repeat(64),
        step: 0,
        direction: 'forward',
        target,
        executor: before.executor,
        fence: fences,
        before,
        expects: [factsFor(intent, before)],
        ...(touches === undefined ? {} : { touches }),
        ...intent,
      };
    }

    async function undoing(forward: Intent): Promise<Intent> {
      const inverse = inverseOf(forward.action, forward.before, forward.parameters);
      if (inverse === null) throw new Error(`the step of the harness has to have an inverse`);
      return intentOn(forward.target, { ...inverse, direction: 'compensation', undoes: forward.id });
    }

    const first = (more: Partial<Call> = {}): Call =>
      callOf({ number: 1, notAfterMs: Date.now() + 60_000 }, more);

    /** Begins, and asks until it has ended. */
    async function performed(executor: Executor, intent: Intent, call = first()): Promise<Polled> {
      const begun = await executor.begin(intent, call);
      if (begun.kind === 'refused') throw new Error(`refused: ${begun.code}, ${begun.reason}`);
      return begun.kind === 'accepted' ? ended(executor, intent, begun.handle) : begun;
    }

    async function ended(executor: Executor, intent: Intent, handle: string): Promise<Polled> {
      const { deadlineMs } = executor.promise(intent);
      const endMs = Date.now() + deadlineMs;
      for (;;) {
        const signal = AbortSignal.timeout(15_000);
        const polled = await (executor.advance?.(intent, handle, first({ signal })) ??
          executor.poll(intent, handle, signal));
        if ((polled.kind !== 'running' && polled.kind !== 'unknown') || Date.now() > endMs) return polled;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }

    const executed = (gate: MemoryGate, intent: Intent) => executedBy(harness.executor(), gate, intent);

    /** Put back as it was, so that the next case finds the same target. */
    async function putBack(intent: Intent): Promise<void> {
      if (harness.restore !== undefined) return harness.restore();
      const undo = await undoing(intent);
      expect(await executed(memoryGate(undo), undo)).toMatchObject({ kind: 'applied' });
    }

    async function asBefore(intent: Intent): Promise<void> {
      expect(factsFor(intent, await stateOf(intent.target))).toEqual(factsFor(intent, intent.before));
    }

    const code = (value: unknown): value is RefusalCode => refusalCodes.some((one) => one === value);

    test('observe: its targets, alone and among all, each by its own name; a set may be empty', async () => {
      const executor = harness.executor();
      const target = await harness.target();
      const all = await executor.observe(target.environment);
      const one = await stateOf(target);
      expect(all.map((state) => targetKey(state.target))).toContain(targetKey(target));
      expect(new Set(all.map((state) => targetKey(state.target))).size, 'no name twice').toBe(all.length);
      expect(one).toMatchObject({ target, executor: executor.name });
      expect(one.supports).toContain(harness.step(one).action);
      expect(JSON.parse(JSON.stringify(one))).toEqual(one);
      expect(await executor.observe(harness.nobody.environment, harness.nobody.service)).toEqual([]);
    });

    test('promise: of every action, bounded and the same each time', async () => {
      const target = await harness.target();
      const { supports } = await stateOf(target);
      for (const action of supports) {
        const promise = harness.executor().promise({ action, target, parameters: {} });
        expect(harness.executor().promise({ action, target, parameters: {} })).toEqual(promise);
        expect(promise.deadlineMs).toBeGreaterThan(promise.consistencyDelayMs);
        expect(promise.settleMs).toBeGreaterThanOrEqual(0);
      }
    });

    test('preview: yes, and nothing is changed by it', async () => {
      const intent = await intentOn(await harness.target());
      const answer = await harness.executor().preview(intent);
      expect(answer, answer.ok ? '' : `${answer.code}: ${answer.detail}`).toMatchObject({ ok: true });
      await asBefore(intent);
      expect(await harness.effects(intent)).toBe(0);
    });

    test('begin: done once it is complete, seen by observe and look-up; undone by its inverse, and not twice', async () => {
      const executor = harness.executor();
      const intent = await intentOn(await harness.target());
      expect(await executor.lookUp(intent), 'nothing was begun').not.toBe('happened');
      expect(await performed(executor, intent)).toMatchObject({ kind: 'done' });
      expect(await harness.effects(intent)).toBe(1);
      const after = await stateOf(intent.target);
      expect(factsFor(intent, after)).toEqual(factsFor(intent, stateAfter(intent.before, intent)));
      await expect.poll(() => harness.executor().lookUp(intent), { timeout: 60_000 }).toBe('happened');
      if (harness.restore !== undefined) {
        expect(inverseOf(intent.action, intent.before, intent.parameters)).toBeNull();
        await executor.begin(intent, first()).catch(() => {});
        expect(await harness.effects(intent)).toBe(1);
        return harness.restore();
      }
      const undo = await undoing(intent);
      expect(await performed(executor, undo)).toMatchObject({ kind: 'done' });
      await asBefore(intent);
      await executor.begin(undo, first()).catch(() => {});
      expect(await harness.effects(undo)).toBe(1);
      await asBefore(intent);
    });

    test('begin twice: the same send, and one with the revision from before, change nothing more', async () => {
      const intent = await intentOn(await harness.target());
      const { revision } = intent.before;
      expect(await performed(harness.executor(), intent, first({ revision }))).toMatchObject({
        kind: 'done',
      });
      await harness
        .executor()
        .begin(intent, first({ revision }))
        .catch(() => {});
      expect(await harness.effects(intent)).toBe(1);
      await putBack(intent);
    });

    test('poll: another process goes on with the handle of the one that began it', async () => {
      const intent = await intentOn(await harness.target());
      const begun = await harness.executor().begin(intent, first());
      const other = harness.executor();
      if (begun.kind === 'accepted') {
        expect(begun.handle.length).toBeLessThanOrEqual(2_000);
        expect(await ended(other, intent, begun.handle)).toMatchObject({ kind: 'done' });
      } else {
        expect(begun).toMatchObject({ kind: 'done' });
        expect(await other.lookUp(intent)).toBe('happened');
      }
      expect(await harness.effects(intent)).toBe(1);
      await putBack(intent);
    });

    test.each(['before-sent', 'after-sent', 'before-accepted', 'before-outcome'] as const)(
      'a worker that dies (%s): the next one brings it to its end, with one effect',
      async (dies) => {
        const intent = await intentOn(await harness.target());
        const gate = memoryGate(intent);
        gate.dies = dies;
        await executed(gate, intent).catch((error: Error) => expect(error.message).toContain(dies));
        const { idempotency } = harness.executor().promise(intent);
        const result = await executed(gate, intent);
        const effects = await harness.effects(intent);
        if (result.kind === 'failed') {
          // What may never be sent twice is not sent at all when nobody knows whether it went out.
          expect({ idempotency, dies, certain: result.certain, effects }).toEqual({
            ...{ idempotency: 'none', dies: 'after-sent', certain: true, effects: 0 },
          });
          return;
        }
        expect(result).toMatchObject({ kind: 'applied' });
        expect(effects).toBe(1);
        await putBack(intent);
      },
    );

    test.each(['before', 'after'] as const)(
      'an answer that is lost %s the effect: one effect',
      async (when) => {
        const intent = await intentOn(await harness.target());
        await harness.faults.lose(when);
        const gate = memoryGate(intent);
        const result = await executed(gate, intent);
        await harness.faults.heal();
        const effects = await harness.effects(intent);
        const { idempotency } = harness.executor().promise(intent);
        if (idempotency === 'none' && when === 'before') {
          expect({ result, effects }).toMatchObject({ result: { kind: 'failed' }, effects: 0 });
          return;
        }
        expect(result).toMatchObject({ kind: 'applied' });
        expect(effects).toBe(1);
        await putBack(intent);
      },
    );

    test('cancel, where there is one: ends it, and says what is left', async () => {
      const executor = harness.executor();
      const intent = await intentOn(await harness.target());
      const begun = await executor.begin(intent, first());
      if (begun.kind !== 'accepted' || executor.cancel === undefined) {
        expect(['done', 'accepted']).toContain(begun.kind);
        if (begun.kind === 'accepted') await ended(executor, intent, begun.handle);
        await putBack(intent);
        return;
      }
      const came = await executor.cancel(intent, begun.handle, first());
      expect(['done', 'failed', 'running']).toContain(came.kind);
      if (came.kind === 'failed' && came.left === '') return asBefore(intent);
      await putBack(intent);
    });

    test('close, where there is one: what was closed does not happen any more, however late it arrives', async () => {
      const executor = harness.executor();
      const intent = await intentOn(await harness.target());
      const closed = await executor.close?.(intent, first());
      if (closed === undefined) {
        expect(executor.close).toBeUndefined();
        return;
      }
      expect(closed).not.toBe('happened');
      if (closed === 'not-happened') {
        expect(await executor.begin(intent, first())).toMatchObject({ kind: 'refused' });
        expect(await harness.effects(intent)).toBe(0);
      }
      await asBefore(intent);
    });

    test('drift: what somebody else has changed is not overwritten', async () => {
      const intent = await intentOn(await harness.target());
      await harness.drift(intent);
      const changed = await stateOf(intent.target);
      if (harness.driftShowsInRevisionOnly === undefined) {
        const result = await executed(memoryGate(intent), intent);
        expect(result).toMatchObject({ kind: 'blocked', reason: 'target-changed' });
      }
      const { revision } = intent.before;
      if (harness.driftShowsInRevisionOnly) expect(revision).not.toBe(changed.revision);
      if (revision !== undefined) {
        const answer = await harness.executor().begin(intent, first({ revision }));
        expect(answer).toMatchObject({ kind: 'refused' });
      }
      expect(await harness.effects(intent)).toBe(0);
      expect(factsFor(intent, await stateOf(intent.target))).toEqual(factsFor(intent, changed));
    });

    test('an unknown target is refused as such', async () => {
      const intent = { ...(await intentOn(await harness.target())), target: harness.nobody };
      expect(await harness.executor().preview(intent)).toMatchObject({ ok: false, code: 'unknown-target' });
      expect(await harness.executor().begin(intent, first())).toMatchObject({
        kind: 'refused',
        code: 'unknown-target',
      });
    });

    test.each(['deny', 'throttle'] as const)(
      '%s: refused with its code, and nothing was done',
      async (fault) => {
        const cause = harness.faults[fault];
        if (typeof cause !== 'function') {
          expect(cause.why.length, 'a reason why this vendor never does so').toBeGreaterThan(10);
          return;
        }
        const intent = await intentOn(await harness.target());
        await cause();
        const answer = await harness.executor().begin(intent, first());
        await harness.faults.heal();
        if (answer.kind !== 'refused') throw new Error(`${answer.kind} is no refusal`);
        expect(code(answer.code)).toBe(true);
        expect(fault === 'deny' ? ['permission-denied', 'expired-credentials'] : ['throttled']).toContain(
          answer.code,
        );
        expect(answer.reason).not.toMatch(/bearer |password|secret|token=/i);
        expect(await harness.effects(intent)).toBe(0);
        await asBefore(intent);
      },
    );
  });
}
