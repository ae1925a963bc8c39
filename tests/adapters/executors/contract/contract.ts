/**
 * What every executor keeps, whatever it acts on. Its test calls `executorContract` with a harness: a world that is really there,
 * the vendor's own count of effects, and faults between the executor and the vendor.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inverseOf } from '../../../../domain/remediation/catalogue.ts';
import { type Bench, createBench } from './bench.ts';
import { type CaseName, caseNames, type OptionalCase } from './cases.ts';
import { effectCases } from './effects.ts';
import type { ExecutorHarness } from './harness.ts';
import { type SuiteName, suites } from './suites.ts';
import { troubleCases } from './troubles.ts';

const cases: Readonly<Record<CaseName, (bench: Bench) => Promise<void>>> = {
  ...effectCases,
  ...troubleCases,
};

/** That a case cannot be there is so, and not only said. */
const impossible: Readonly<Record<OptionalCase, (bench: Bench) => void | Promise<void>>> = {
  'a worker dies before the handle is kept': completeAtOnce,
  'a worker dies while it runs': completeAtOnce,
  cancel: cannotOrCompleteAtOnce,
  close: ({ harness }) => expect(harness.executor().close).toBeUndefined(),
  revert: nothingUndoesIt,
  'revert twice': nothingUndoesIt,
  'an empty set': ({ harness }) => expect(harness.empty).toBeNull(),
  'permission denied': ({ harness }) => expect(harness.faults.deny).toBeNull(),
  throttled: ({ harness }) => expect(harness.faults.throttle).toBeNull(),
  'readings lag behind': ({ harness }) => expect(harness.faults.lag).toBeNull(),
};

export function executorContract(name: SuiteName, open: () => Promise<ExecutorHarness>): void {
  const { title, never } = suites[name];
  const whyNever: Partial<Readonly<Record<CaseName, string>>> = never;
  describe(`${title} keeps the contract of executors`, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = createBench(await open());
    });
    afterAll(() => bench?.harness.close());
    for (const one of caseNames) {
      const why = whyNever[one];
      if (why === undefined) test(one, () => cases[one](bench));
      else test(`${one}: never, ${why}`, () => impossible[one as OptionalCase](bench));
    }
  });
}

async function completeAtOnce({ harness, someIntent, first, putBack }: Bench): Promise<void> {
  const intent = await someIntent();
  expect(await harness.executor().begin(intent, first())).toMatchObject({ kind: 'done' });
  await putBack(intent);
}

async function cannotOrCompleteAtOnce(bench: Bench): Promise<void> {
  const { cancel } = bench.harness.executor();
  if (cancel === undefined) expect(cancel).toBeUndefined();
  else await completeAtOnce(bench);
}

async function nothingUndoesIt({ someIntent }: Bench): Promise<void> {
  const { action, before, parameters } = await someIntent();
  expect(inverseOf(action, before, parameters)).toBeNull();
}
