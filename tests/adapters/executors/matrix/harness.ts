/** What the matrix needs of a world beside what the contract needs: clocks that are wrong, and faults that last. */
import type { Executor } from '../../../../activities/ports/executor.ts';
import type { ExecutorHarness } from '../contract/harness.ts';

export type MatrixHarness = Omit<ExecutorHarness, 'executor' | 'faults'> & {
  /** Another instance on the same world, as in another process; `aheadMs`: its clock is that much wrong. */
  executor(aheadMs?: number): Executor;
  readonly faults: Faults;
};

export type Faults = ExecutorHarness['faults'] & {
  /** Until `heal`, nobody gets an answer to anything. */
  away(): Promise<void>;
  /**
   * The answer to the next call that changes something is lost at once, and the call itself is carried out by `arrive`.
   * `within`: how late it may be for the vendor to be held to what it promises.
   */
  hold(): Promise<{ arrive(): Promise<void>; readonly within: 'ever' | 'delay' }>;
};
