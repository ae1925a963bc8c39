// One configured way to act on a system outside, made for slow and eventually consistent ones: what takes minutes is begun,
// then polled, by whichever worker is there. docs/adding-an-executor.md has each promise in full.

import type { TargetRef } from '../../domain/inventory/target.ts';
import type { Intent, Send } from '../../domain/remediation/intent.ts';
import type { PlanStep } from '../../domain/remediation/plan.ts';
import type { Progress } from '../../domain/remediation/progress.ts';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import type { TargetState } from '../../domain/remediation/target.ts';

/** What the vendor has taken on, as plain text of at most 2,000 characters that any worker can go on with. */
export type Handle = string;

type Done = { readonly kind: 'done'; readonly after: TargetState | null; readonly summary: string };
/** The answer was lost, or says nothing: look at the world. */
type Unknown = { readonly kind: 'unknown'; readonly reason: string };

/** `done` only when it is complete. `refused`: this call certainly did nothing, and never will. */
export type Begun =
  | Done
  | { readonly kind: 'accepted'; readonly handle: Handle; readonly summary: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly code: RefusalCode }
  | Unknown;

export type Polled =
  | { readonly kind: 'running'; readonly progress: Progress }
  | Done
  /** It has ended and is not complete. `left`: what is half done, in words; empty when nothing is. */
  | { readonly kind: 'failed'; readonly reason: string; readonly left: string }
  /** Somebody else's change has replaced this one. */
  | { readonly kind: 'superseded'; readonly reason: string }
  | Unknown;

export type Found = 'happened' | 'not-happened' | 'cannot-tell';

export type Previewed =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly code: RefusalCode; readonly detail: string };

/** What an executor promises of an action on a target. */
export type EffectPromise = {
  /**
   * Of two sends of one intent: `token`, the vendor knows the intent and does it once; `compare-and-set`, the second meets
   * another revision; `none`, both would take effect, so there is never a second one.
   */
  readonly idempotency: 'token' | 'compare-and-set' | 'none';
  /** `lookUp` tells this intent's own effect from the same change made by somebody else: its id is kept with the effect. */
  readonly tellsWhose: boolean;
  /** How long an effect may stay invisible to `observe`, `lookUp` and `poll`. */
  readonly consistencyDelayMs: number;
  /** An effect that is not complete after this is stuck. */
  readonly deadlineMs: number;
  /** How long after `done` the target is still settling, so that samples tell nothing yet. */
  readonly settleMs: number;
};

/** Asked right before every vendor call after the first one of an effect: kill switch, stops, the lease. */
export type Permit = () => Promise<Permitted>;
export type Permitted =
  | { readonly ok: true }
  /** `mayPass`: nothing forbids it, but nobody could be asked; it is asked again later. */
  | { readonly ok: false; readonly reason: string; readonly mayPass?: true };

export type Call = Send & {
  /** What `observe` reported right before, where the vendor has revisions: the effect may depend on it. */
  readonly revision?: string | undefined;
  /** Aborts when nobody waits for the answer any more, or when the target may be somebody else's. */
  readonly signal: AbortSignal;
  readonly permit: Permit;
};

export type { Progress } from '../../domain/remediation/progress.ts';

export interface Executor {
  readonly name: string;
  /** Dry run is on for it: `execute` only asks `preview`, and `begin` refuses. */
  readonly dryRun?: boolean;
  promise(step: Pick<PlanStep, 'action' | 'target' | 'parameters'>): EffectPromise;
  /** Every target of an environment, or those that serve `service`. */
  observe(environment: string, service?: string, signal?: AbortSignal): Promise<readonly TargetState[]>;
  /** The vendor's own dry run, with the rights that the effect will have. No effect. */
  preview(step: Pick<PlanStep, 'action' | 'target' | 'parameters'>, signal?: AbortSignal): Promise<Previewed>;
  /**
   * Performs the effect once, or makes the vendor take it on. Also compensations: intents with that direction. Where the
   * vendor can, it refuses what comes after `notAfterMs`, what is older than a send it has seen or closed, and what meets
   * another `revision`. Nothing is repeated inside. An effect of several vendor calls asks `permit` before each but the first.
   */
  begin(intent: Intent, call: Call): Promise<Begun>;
  /** How far what was accepted has come. Only reads; any executor of this configuration may be asked. */
  poll(intent: Intent, handle: Handle, signal: AbortSignal): Promise<Polled>;
  /**
   * In place of `poll`, for effects of many calls that take long (the pods of a drained node): reads, makes the calls that are
   * due, each after its own `permit`, and answers within seconds. Asked again and again, by any worker, two of them at once
   * too: a call that was made before changes nothing. An aborted `signal` is no end of the effect: it answers `unknown`.
   */
  advance?(intent: Intent, handle: Handle, call: Call): Promise<Polled>;
  /** Stops what was accepted, where the vendor can; answers what it came to. May be asked again after a lost answer. */
  cancel?(intent: Intent, handle: Handle, call: Call): Promise<Polled>;
  /**
   * What the vendor has taken on for this intent, when the answer that said so was lost; null where nothing is found. Leave it
   * out where nothing is ever accepted.
   */
  resume?(intent: Intent, signal: AbortSignal): Promise<Handle | null>;
  /** Did the effect of this intent happen, as far as can be seen? `cannot-tell` while it may be under way. */
  lookUp(intent: Intent, signal?: AbortSignal): Promise<Found>;
  /**
   * Only of vendors that can refuse a call they have not begun: sees to it that no send of this intent up to `send` takes
   * effect from now on. `not-happened` is a promise about the future, too.
   */
  close?(intent: Intent, send: Send, signal?: AbortSignal): Promise<Found>;
}

export interface Executors {
  forTarget(target: TargetRef, executor: string): Executor | null;
  forEnvironment(environment: string): readonly Executor[];
}
