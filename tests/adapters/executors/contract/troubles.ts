/** The cases in which something goes wrong between Sentinel and the vendor, or meanwhile. */
import { expect } from 'vitest';
import { factsFor } from '../../../../domain/remediation/precondition.ts';
import { type RefusalCode, refusalCodes } from '../../../../domain/remediation/refusal-code.ts';
import type { MemoryGate } from '../../../support/memory-gate.ts';
import type { Bench } from './bench.ts';
import { lagMsOf } from './harness.ts';

export const troubleCases = {
  'a worker dies before its call is recorded': (bench: Bench) => dies(bench, 'before-sent'),
  'a worker dies before its call': (bench: Bench) => dies(bench, 'after-sent'),
  'a worker dies before the handle is kept': (bench: Bench) => dies(bench, 'before-accepted'),
  'a worker dies while it runs': (bench: Bench) => dies(bench, 'after-accepted'),
  'a worker dies before the outcome is recorded': (bench: Bench) => dies(bench, 'before-outcome'),
  'an answer is lost before the effect': (bench: Bench) => loses(bench, 'before'),
  'an answer is lost after the effect': (bench: Bench) => loses(bench, 'after'),
  'permission denied': (bench: Bench) => refused(bench, 'deny', ['permission-denied', 'expired-credentials']),
  throttled: (bench: Bench) => refused(bench, 'throttle', ['throttled']),

  /** What somebody else has changed is not overwritten. */
  async drift({ harness, someIntent, stateOf, gateFor, executed, first }: Bench) {
    const intent = await someIntent();
    await harness.drift(intent);
    const changed = await stateOf(intent.target);
    if (harness.driftShowsInRevisionOnly === undefined) {
      const result = await executed(gateFor(intent), intent);
      expect(result).toMatchObject({ kind: 'blocked', reason: 'target-changed' });
    }
    const { revision } = intent.before;
    if (harness.driftShowsInRevisionOnly) expect(revision).not.toBe(changed.revision);
    if (revision !== undefined) {
      const answer = await harness.executor().begin(intent, first({ revision }));
      expect(answer).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    }
    expect(await harness.effects(intent)).toBe(0);
    expect(factsFor(intent, await stateOf(intent.target))).toEqual(factsFor(intent, changed));
  },

  /** It is refused as such. */
  async 'an unknown target'({ harness, someIntent, first }: Bench) {
    const intent = { ...(await someIntent()), target: harness.nobody };
    const refusal = { code: 'unknown-target' };
    expect(await harness.executor().preview(intent)).toMatchObject({ ok: false, ...refusal });
    expect(await harness.executor().begin(intent, first())).toMatchObject({ kind: 'refused', ...refusal });
  },

  /** What does not show yet is neither done again, nor told as done, nor as failed. */
  async 'readings lag behind'(bench: Bench) {
    const { harness, clock, stateOf, intentOn, gateFor, executed, putBack } = bench;
    const { lag, lose, heal } = harness.faults;
    for (const answer of ['lost', 'heard']) {
      const target = await harness.target();
      const intent = await intentOn(target, harness.stepThatLags?.(await stateOf(target)));
      // What is asked while readings lag has been asked before, by each of the processes.
      for (let process = 0; process < 8; process += 1) await harness.executor().lookUp(intent);
      await lag?.();
      if (answer === 'lost') await lose('after');
      let isStale = true;
      clock.after(lagMsOf(harness.executor().promise(intent)), async () => {
        isStale = false;
        await heal();
      });
      const told = await executed(gateFor(intent), intent);
      expect({ answer, kind: told.kind, isStale }, JSON.stringify(told)).toEqual({
        ...{ answer, kind: 'applied', isStale: false },
      });
      expect(await harness.effects(intent), answer).toBe(1);
      await putBack(intent);
    }
  },
};

/** The next one brings it to its end, with one effect. */
async function dies(bench: Bench, where: NonNullable<MemoryGate['dies']>): Promise<void> {
  const { harness, someIntent, gateFor, executed, putBack } = bench;
  const intent = await someIntent();
  const gate = gateFor(intent);
  gate.dies = where;
  await expect(executed(gate, intent)).rejects.toThrow(where);
  const { idempotency } = harness.executor().promise(intent);
  const result = await executed(gate, intent);
  const effects = await harness.effects(intent);
  if (idempotency === 'none' && where === 'after-sent') {
    // What may never be sent twice is not sent at all when nobody knows whether it went out.
    expect({ result, effects }).toMatchObject({ result: { kind: 'failed', certain: true }, effects: 0 });
    return;
  }
  expect(result).toMatchObject({ kind: 'applied' });
  expect(effects).toBe(1);
  await putBack(intent);
}

/** One effect. */
async function loses(bench: Bench, when: 'before' | 'after'): Promise<void> {
  const { harness, someIntent, gateFor, executed, putBack } = bench;
  const intent = await someIntent();
  await harness.faults.lose(when);
  const result = await executed(gateFor(intent), intent);
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
}

/** With its code, without what is secret, and nothing was done. */
async function refused(
  { harness, someIntent, first, asBefore }: Bench,
  fault: 'deny' | 'throttle',
  codes: readonly RefusalCode[],
): Promise<void> {
  const intent = await someIntent();
  await harness.faults[fault]?.();
  const answer = await harness.executor().begin(intent, first());
  await harness.faults.heal();
  if (answer.kind !== 'refused') throw new Error(`${answer.kind} is no refusal`);
  expect(refusalCodes).toContain(answer.code);
  expect(codes).toContain(answer.code);
  expect(answer.reason).not.toMatch(/bearer |password|secret|token=/i);
  expect(await harness.effects(intent)).toBe(0);
  await asBefore(intent);
}
