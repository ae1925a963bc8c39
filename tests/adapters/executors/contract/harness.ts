/** What the contract of executors needs of a world that is really there. */
import type { EffectPromise, Executor } from '../../../../activities/ports/executor.ts';
import type { TargetRef } from '../../../../domain/inventory/target.ts';
import type { ActionParameters } from '../../../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../../../domain/remediation/actions/index.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../../domain/remediation/target.ts';
import type { Clock } from '../matrix/clock.ts';

export type Step = { readonly action: ActionId; readonly parameters: ActionParameters };

/** An action on a target that has nothing for it: a restart where nothing runs, a clean-up of an empty folder. */
export type Empty = Step & {
  readonly target: TargetRef;
  /** What the vendor has there, by name and version. */
  things(): Promise<unknown>;
  /** The world as it was before. */
  restore(): Promise<void>;
};

export type ExecutorHarness = {
  /** Time of this world: every executor, gate and worker goes by it. */
  readonly clock: Clock;
  /** Another instance on the same world, as in another process. */
  executor(): Executor;
  /** A target to act on that nothing else acts on meanwhile, as it is now: may be the same one each time. */
  target(): Promise<TargetRef>;
  /** One that does not exist, in the same environment. */
  readonly nobody: TargetRef;
  /** A change of the target that can be undone, from its state: `scale` by one, say. */
  step(state: TargetState): Step;
  /** Another one, of which readings from before it look as after it: for those that lag behind. */
  readonly stepThatLags?: ExecutorHarness['step'];
  /** Where the step has no inverse: makes the world as it was before it, by hand. */
  readonly restore?: () => Promise<void>;
  /** An intent was made. What happens from now on is its own. */
  made?(intent: Intent): Promise<void>;
  /** How many effects of this intent the vendor itself has seen. */
  effects(intent: Intent): Promise<number>;
  /** Somebody else changes what the step of this intent depends on; nothing of it has been begun. */
  drift(intent: Intent): Promise<void>;
  /** Where no fact of the target tells of that, only its revision. */
  readonly driftShowsInRevisionOnly?: true;
  /** Null: each target has something to act on (suites.ts says why). */
  readonly empty: (() => Promise<Empty>) | null;
  /** Between the executor and the vendor. Null: this vendor has no such fault, and suites.ts says why. */
  readonly faults: {
    /** The answer to the next call that changes something is lost, before or after the effect. */
    lose(when: 'before' | 'after'): Promise<void>;
    /** The next call that changes something is refused. */
    readonly deny: (() => Promise<void>) | null;
    readonly throttle: (() => Promise<void>) | null;
    /** Until `heal`, what was done does not show in what is read. */
    readonly lag: (() => Promise<void>) | null;
    /** The world without any fault. */
    heal(): Promise<void>;
  };
  close(): Promise<void>;
};

/** Almost as long as it may be; where the vendor's own record never lags, what works by it does, for any time. */
export function lagMsOf({ consistencyDelayMs }: EffectPromise): number {
  return consistencyDelayMs > 0 ? consistencyDelayMs - 1_000 : 5_000;
}
