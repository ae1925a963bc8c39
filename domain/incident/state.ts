// What an incident knows about itself: the fold of its events. Plain JSON, small enough for a query answer.

import type { Anomaly } from '../detection/anomaly.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { HashedPlan, Preflight } from '../remediation/plan.ts';
import type { Progress } from '../remediation/progress.ts';
import type { VerificationResult } from '../remediation/verification.ts';
import type { Scope, Severity } from '../scope.ts';
import type { AskedApproval, SilencedBy } from './events.ts';
import type { Follows } from './follows.ts';
import type { HandedOverEnd, IncidentOutcome, IncidentStatus, StopKind } from './status.ts';

export type AppliedEffect = {
  readonly intentId: string;
  readonly step: number;
  readonly attempt: number;
  readonly planHash: string;
  readonly stepKey: string;
  readonly status:
    | 'written'
    | 'applied'
    | 'failed'
    | 'uncertain'
    | 'undone'
    | 'not-needed'
    | 'not-undone'
    | 'dry-run';
  /** While it, or its undo, is under way at the vendor. */
  readonly progress?: Progress;
  /** What is half done of it. */
  readonly left?: string;
  /** Intent of an undo of it that nobody can tell the outcome of, until a person settles it. */
  readonly undoInDoubt?: string;
};

export type IncidentState = {
  readonly incidentId: string;
  readonly fingerprint: string;
  readonly episode: number;
  readonly scope: Scope;
  readonly title: string;
  /** The symptom was there before, and its incident ended shortly ago. */
  readonly follows?: Follows;
  readonly severity: Severity;
  readonly status: IncidentStatus;
  readonly outcome: IncidentOutcome | null;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  /** Earliest onset of any of its anomalies. */
  readonly onsetMs: number;
  readonly attempt: number;
  /** By anomaly id; a bounded number is kept (the rest are counted). */
  readonly anomalies: Readonly<Record<string, Anomaly>>;
  readonly anomaliesSeen: number;
  /** Of those that are not kept, the newest: digests of their ids. Told again, they are known. */
  readonly notKept?: readonly string[];
  /** How often a symptom came back after it had cleared; absent: never. */
  readonly returns?: number;
  /** How it ended, when a person had it in hand. */
  readonly end?: HandedOverEnd;
  readonly diagnosis: Diagnosis | null;
  readonly hashedPlan: HashedPlan | null;
  /** Of this plan, where telemetry comes slowly: how long it takes to know whether it helped. */
  readonly answerTakesMs?: number;
  /** Of this plan. */
  readonly preflight?: Preflight;
  readonly verdict: Verdict | null;
  readonly approval:
    | (AskedApproval & {
        readonly decisions: readonly {
          readonly approvalId: string;
          readonly actor: string;
          readonly decision: 'approve' | 'reject';
        }[];
      })
    | null;
  readonly effects: readonly AppliedEffect[];
  readonly verification: VerificationResult | null;
  /** While nobody can tell whether the change helped. */
  readonly held?: { readonly reason: string; readonly deadlineMs: number };
  /** What a person asked for; the incident ends as soon as the outcome of the call in flight is known. */
  readonly stop?: { readonly kind: StopKind; readonly actor: string; readonly reason: string };
  /** What silences it, as far as it has heard; absent while nothing does. */
  readonly silenced?: SilencedBy;
  readonly lastSeq: number;
};
