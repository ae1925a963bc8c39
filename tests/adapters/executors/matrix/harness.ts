/** What the matrix needs of a world beside what the contract needs: a clock of its own, and faults that last. */
import type { Executor } from '../../../../activities/ports/executor.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import type { ExecutorHarness } from '../contract.ts';
import type { Clock } from './clock.ts';

/** Why there is no such case: what makes it impossible with this vendor. */
export type Reason = { readonly why: string };

export type MatrixHarness = Omit<ExecutorHarness, 'executor' | 'faults'> & {
  /** Time of this world: every executor, gate and worker goes by it. */
  readonly clock: Clock;
  /** Another instance on the same world, as in another process; `aheadMs`: its clock is that much wrong. */
  executor(aheadMs?: number): Executor;
  /** An intent was made. What happens from now on is its own. */
  made?(intent: Intent): Promise<void>;
  readonly faults: Faults;
};

export type Faults = ExecutorHarness['faults'] & {
  /** Until `heal`, nobody gets an answer to anything. */
  readonly away: (() => Promise<void>) | Reason;
  /**
   * The answer to the next call that changes something is lost at once, and the call itself is carried out by `arrive`.
   * `within`: how late it may be for the vendor to be held to what it promises.
   */
  readonly hold: (() => Promise<{ arrive(): Promise<void>; readonly within: 'ever' | 'delay' }>) | Reason;
  /** Readings are what they were before, until `heal`. */
  readonly lag: (() => Promise<void>) | Reason;
};
