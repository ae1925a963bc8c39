// Evidence and hypotheses: what an analysis hands to planning, with the reasons beside every claim.

import type { Scope } from '../scope.ts';
import type { Cause } from './causes.ts';
import type { ModelView } from './opinion.ts';

export type Provenance = 'measured' | 'reported' | 'memory';

export type Evidence = {
  /** Unique within the incident, readable: `E1`, `E2`, … in the order of finding; `E2.1`, … in a second analysis. */
  readonly id: string;
  readonly source: string;
  readonly provenance: Provenance;
  readonly scope: Scope;
  readonly fromMs: number;
  readonly toMs: number;
  /** One sentence with the figures; numbers and names only. */
  readonly finding: string;
  readonly figures: Readonly<Record<string, number>>;
  /** The earlier incident that it is about. */
  readonly incidentId?: string;
  /** SHA-256 of the canonical form of everything above, set where evidence is stored. */
  readonly digest?: string;
};

export type Hypothesis = {
  readonly cause: Cause;
  readonly scope: Scope;
  /** 0..1, comparable within one diagnosis only; shown, never deciding by itself. */
  readonly score: number;
  readonly reason: string;
  readonly evidenceFor: readonly string[];
  readonly evidenceAgainst: readonly string[];
  /** What a remedy may need to know, such as `rateRatio` (demand now over before). Bounded again where it is used. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Name of the release or configuration that came with the trouble, as it was reported. */
  readonly change?: string;
  /** Present when only a model named it; such a one never leads to an effect without a person. */
  readonly by?: 'model';
};

/** A reading that will decide, and when it is due. */
export type Awaited = { readonly reading: string; readonly dueMs: number };

export type Diagnosis = {
  /** Ranked, best first; empty only when inconclusive. */
  readonly hypotheses: readonly Hypothesis[];
  /** True when no hypothesis stands far enough above the rest, or evidence is missing. */
  readonly inconclusive: boolean;
  readonly reason: string;
  readonly missing: readonly string[];
  /** Only when inconclusive: what will tell more soon. */
  readonly awaits?: Awaited;
  readonly method: 'statistical' | 'model';
  /** Two analyses disagree: policy lets nothing happen without a person. */
  readonly contested?: boolean;
  /** What a model said of it, in its words; for people. */
  readonly model?: ModelView;
};
