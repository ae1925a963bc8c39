/** The cases in which nothing goes wrong between Sentinel and the vendor. */
import { expect } from 'vitest';
import type { ExecuteResult } from '../../../../activities/types.ts';
import { targetKey } from '../../../../domain/inventory/target.ts';
import { factsFor, stateAfter } from '../../../../domain/remediation/precondition.ts';
import { refusalCodes } from '../../../../domain/remediation/refusal-code.ts';
import type { Bench } from './bench.ts';

export const effectCases = {
  /** Its targets, alone and among all, each by its own name; a set may be empty. */
  async observe({ harness, stateOf }: Bench) {
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
  },

  /** Of every action, bounded and the same each time. */
  async promise({ harness, stateOf }: Bench) {
    const target = await harness.target();
    const { supports } = await stateOf(target);
    for (const action of supports) {
      const promise = harness.executor().promise({ action, target, parameters: {} });
      expect(harness.executor().promise({ action, target, parameters: {} })).toEqual(promise);
      expect(promise.deadlineMs).toBeGreaterThan(promise.consistencyDelayMs);
      expect(promise.settleMs).toBeGreaterThanOrEqual(0);
    }
  },

  /** Yes, and nothing is changed by it. */
  async preview({ harness, someIntent, asBefore }: Bench) {
    const intent = await someIntent();
    const answer = await harness.executor().preview(intent);
    expect(answer, answer.ok ? '' : `${answer.code}: ${answer.detail}`).toMatchObject({ ok: true });
    await asBefore(intent);
    expect(await harness.effects(intent)).toBe(0);
  },

  /** Done once it is complete, and seen by observe and look-up. */
  async begin({ harness, someIntent, performed, stateOf, putBack }: Bench) {
    const executor = harness.executor();
    const intent = await someIntent();
    expect(await executor.lookUp(intent), 'nothing was begun').not.toBe('happened');
    expect(await performed(executor, intent)).toMatchObject({ kind: 'done' });
    expect(await harness.effects(intent)).toBe(1);
    const after = await stateOf(intent.target);
    expect(factsFor(intent, after)).toEqual(factsFor(intent, stateAfter(intent.before, intent)));
    await expect.poll(() => harness.executor().lookUp(intent), { timeout: 60_000 }).toBe('happened');
    await putBack(intent);
  },

  /** The same send, and one with the revision from before, change nothing more. */
  async 'begin twice'({ harness, someIntent, performed, first, putBack }: Bench) {
    const intent = await someIntent();
    const { revision } = intent.before;
    expect(await performed(harness.executor(), intent, first({ revision }))).toMatchObject({ kind: 'done' });
    for (const again of [first({ revision }), first()])
      await harness
        .executor()
        .begin(intent, again)
        .catch(() => {});
    expect(await harness.effects(intent)).toBe(1);
    await putBack(intent);
  },

  /** It goes on with the handle of the one that began it. */
  async 'poll by another process'({ harness, someIntent, first, ended, putBack }: Bench) {
    const intent = await someIntent();
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
  },

  /** It ends, and says what is left. */
  async cancel({ harness, someIntent, first, putBack, asBefore }: Bench) {
    const executor = harness.executor();
    const intent = await someIntent();
    const begun = await executor.begin(intent, first());
    if (begun.kind !== 'accepted') throw new Error(`${begun.kind}: there is nothing to cancel`);
    const came = await executor.cancel?.(intent, begun.handle, first());
    expect(['done', 'failed', 'running']).toContain(came?.kind);
    if (came?.kind === 'failed' && came.left === '') return asBefore(intent);
    await putBack(intent);
  },

  /** What was closed does not happen any more, however late it arrives. */
  async close({ harness, someIntent, first, asBefore }: Bench) {
    const executor = harness.executor();
    const intent = await someIntent();
    const closed = await executor.close?.(intent, first());
    expect(['not-happened', 'cannot-tell']).toContain(closed);
    if (closed === 'not-happened')
      expect(await executor.begin(intent, first())).toMatchObject({ kind: 'refused' });
    expect(await harness.effects(intent)).toBe(0);
    await asBefore(intent);
  },

  /** The inverse makes it as it was before. */
  async revert({ harness, someIntent, performed, undoing, asBefore }: Bench) {
    const intent = await someIntent();
    expect(await performed(harness.executor(), intent)).toMatchObject({ kind: 'done' });
    const undo = await undoing(intent);
    expect(await performed(harness.executor(), undo)).toMatchObject({ kind: 'done' });
    expect(await harness.effects(undo)).toBe(1);
    await asBefore(intent);
  },

  /** The same undo once more, and another undo of the same effect, change nothing more. */
  async 'revert twice'(bench: Bench) {
    const { harness, someIntent, performed, undoing, first, asBefore, gateFor, executed } = bench;
    const intent = await someIntent();
    expect(await performed(harness.executor(), intent)).toMatchObject({ kind: 'done' });
    const [undo, another] = [await undoing(intent), await undoing(intent)];
    expect(await performed(harness.executor(), undo)).toMatchObject({ kind: 'done' });
    await harness
      .executor()
      .begin(undo, first())
      .catch(() => {});
    expect(await harness.effects(undo)).toBe(1);
    // The first one has taken away what the other one expects to find. Not every vendor tells them apart.
    const soFar = await harness.effects(another);
    expect(await executed(gateFor(another), another)).toMatchObject({ kind: 'blocked' });
    expect(await harness.effects(another)).toBe(soFar);
    await asBefore(intent);
  },

  /** Refused, or done with nothing to do: nothing is changed, and nothing is told that was not there. */
  async 'an empty set'({ harness, intentOn, first, ended, gateFor, executed }: Bench) {
    const executor = harness.executor();
    for (const how of ['asked itself', 'executed']) {
      const empty = await harness.empty?.();
      if (empty === undefined) throw new Error('each target has something to act on');
      const { target, action, parameters } = empty;
      const things = await empty.things();
      const intent = await intentOn(target, { action, parameters });
      const answer = await executor.preview(intent);
      if (!answer.ok) expect(refusalCodes).toContain(answer.code);
      const words: string[] = [];
      if (how === 'executed') words.push(wordsOf(await executed(gateFor(intent), intent)));
      else {
        const begun = await executor.begin(intent, first({ revision: intent.before.revision }));
        expect(['done', 'accepted', 'refused'], JSON.stringify(begun)).toContain(begun.kind);
        words.push('summary' in begun ? begun.summary : begun.reason);
        if (begun.kind === 'refused') expect(refusalCodes).toContain(begun.code);
        if (begun.kind === 'accepted') {
          const came = await ended(executor, intent, begun.handle);
          expect(came).toMatchObject({ kind: 'done' });
          words.push('summary' in came ? came.summary : '');
        }
      }
      expect(await empty.things(), how).toEqual(things);
      for (const told of words) expect(told, how).not.toMatch(aCount);
      await empty.restore();
    }
  },
};

/** So many of what was not there. */
const aCount = /\b[1-9]\d* (of \d+ )?(new |old )?(pods?|tasks?|files?|replicas?|containers?)\b/;

function wordsOf(told: ExecuteResult): string {
  switch (told.kind) {
    case 'applied':
      return told.summary;
    case 'blocked':
      return told.detail;
    case 'failed':
      expect(told).toMatchObject({ certain: true });
      return told.reason;
    default:
      throw new Error(`${told.kind} says nothing of an empty set`);
  }
}
