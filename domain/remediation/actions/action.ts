// What every action says of itself. All of it is computed from the state before, never taken from a model or a person; a
// file beside this one holds one action, and index.ts the list of them.

import type { z } from 'zod';
import type { ObservedState } from '../../inventory/target.ts';

/** Bounded scalars only: no free text from telemetry, chat or a model can travel here. */
export type ActionParameters = Readonly<Record<string, string | number | boolean>>;

export const riskLevels = ['low', 'medium', 'high'] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** How long the target serves less than before, and the share of its capacity that is gone at the worst moment, 0..1. */
export type Cost = { readonly downtimeSeconds: number; readonly blastRadius: number };

/** The part of a target's state that an action depends on: names in plain words, values as executors report them. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

export type Change = { readonly before: string; readonly after: string };

/** What a diagnosis says that a remedy may need to know. */
export type Blame = {
  /** The one replica that is to blame, where it is one. */
  readonly resourceId?: string | undefined;
  /** Demand now over demand before. */
  readonly rateRatio?: number | undefined;
};

export type FoundParameters =
  | { readonly ok: true; readonly parameters: ActionParameters }
  | { readonly ok: false; readonly reason: string };

export type Action = {
  /** For people who read the catalogue, before there is a target. */
  readonly summary: string;
  /** Strict and bounded: a value it does not describe cannot reach an executor. */
  readonly parameters: z.ZodType<ActionParameters>;
  /** Parameters of a remedy, from state and figures, or why there are none. Null: it is never a remedy, it only undoes one. */
  readonly choose: ((before: ObservedState, blame: Blame) => FoundParameters) | null;
  /** How it is undone. What removes nothing has nothing to undo; what deletes cannot be undone. */
  readonly inverse:
    | {
        /** Id of the action that undoes it. */
        readonly action: string;
        readonly parameters: (before: ObservedState, given: ActionParameters) => ActionParameters;
      }
    | 'nothing-to-undo'
    | 'cannot-be-undone';
  /**
   * What is gone for good afterwards, in words; null where nothing is. For the targets where an inverse does not bring all of it back, or
   * where none means no way back rather than nothing to put back. Such a step has an approval class of its own (`policy.irreversible`).
   */
  readonly lost?: (before: ObservedState) => string | null;
  readonly cost: (before: ObservedState, given: ActionParameters) => Cost;
  /** Levels `risk` can answer. */
  readonly risks: readonly RiskLevel[];
  /**
   * High: it may take the whole capacity away for good. Medium: it changes what runs (another release, another
   * configuration), or interrupts the only replica that serves. Low: the rest of the target carries on.
   */
  readonly risk: (cost: Cost) => RiskLevel;
  /** It puts another release or configuration in place of one that is being rolled out; others wait for the rollout. */
  readonly replacesRollout?: true;
  /** How often it may be tried on one target within one incident. */
  readonly timesPerIncident: number;
  /** How long to wait after the effect before samples say something about it. */
  readonly settleSeconds: number;
  /** What must still be so when the effect is let out: only what it overwrites or builds on. */
  readonly dependsOn: (state: ObservedState, given: ActionParameters) => Facts;
  /** The state when nothing but this action changes it, as far as actions depend on it; replicas as they were. */
  readonly expect: (before: ObservedState, given: ActionParameters) => ObservedState;
  /** Ids of the replicas that are fresh processes afterwards. */
  readonly replaces: (before: ObservedState, given: ActionParameters) => readonly string[];
  /**
   * Keys (`targetKey`) of what it takes hold of besides its target: the workloads of a node that is drained. All of them are
   * leased before it goes out. Absent: nothing but its target.
   */
  readonly touches?: (before: ObservedState, given: ActionParameters) => readonly string[];
  /** The target before the effect and, if it works, after it, in words. */
  readonly describe: (before: ObservedState, given: ActionParameters) => Change;
};
