// What is left of a model's answer after it was judged, and how it stands to the statistics. Its words are kept apart
// from facts: they are for people, and nothing that acts reads them.

import type { Cause } from './causes.ts';

/** Why a part of an answer was left out. */
export const dropReasons = [
  'malformed',
  'unknown-cause',
  'unknown-service',
  'outside-reach',
  'unknown-evidence',
  'uncited',
  'unrelated-evidence',
  'repeated',
  'too-many',
  'unknown-action',
  'not-in-runbook',
] as const;
export type DropReason = (typeof dropReasons)[number];

/** `what` is a short, harmless text of the part that was dropped. */
export type Dropped = { readonly what: string; readonly why: DropReason };

/** A hypothesis that survived: a cause of the taxonomy, a service of the incident, evidence that exists. */
export type ModelHypothesis = {
  readonly cause: Cause;
  readonly service: string;
  /** 0..1 as the model said it; shown, and used for nothing. */
  readonly confidence: number;
  readonly evidenceFor: readonly string[];
  readonly evidenceAgainst: readonly string[];
  /** Actions of the catalogue that the runbook has for this cause; shown, and used for nothing. */
  readonly actions: readonly string[];
  /** The model's own reason. */
  readonly words: string;
};

export type JudgedAnswer = {
  /** Best first; empty when inconclusive. */
  readonly hypotheses: readonly ModelHypothesis[];
  readonly inconclusive: boolean;
  readonly words: string;
  readonly riskWords: readonly string[];
  readonly dropped: readonly Dropped[];
};

/**
 * How the model's answer stands to the statistical diagnosis. `agrees`: the same cause, or one at the same service with the
 * same remedy. `disagrees`: another one; `doubts`: it cannot tell where the statistics can. `explains`: it names one where
 * the statistics cannot tell. `nothing`: neither can, or nothing of the answer was left.
 */
export const modelRelations = ['agrees', 'disagrees', 'doubts', 'explains', 'nothing'] as const;
export type ModelRelation = (typeof modelRelations)[number];

/** The model's part of a diagnosis, for people. */
export type ModelView = {
  /** Provider and model, as configured. */
  readonly by: string;
  readonly relation: ModelRelation;
  readonly words: string;
  readonly hypotheses: readonly ModelHypothesis[];
  readonly riskWords: readonly string[];
  readonly droppedClaims: number;
};
