// Everything that can happen to an incident, as facts. The same events feed the workflow's state, the timeline,
// the audit, the API and the tests. Plain JSON; instants are milliseconds since the epoch.

import type { Anomaly } from '../detection/anomaly.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { GateRefusal } from '../remediation/intent.ts';
import type { HashedPlan, Preflight } from '../remediation/plan.ts';
import type { Progress } from '../remediation/progress.ts';
import type { RefusalCode } from '../remediation/refusal-code.ts';
import type { RollbackOutcome } from '../remediation/rollback.ts';
import type { VerificationResult } from '../remediation/verification.ts';
import type { Scope, Severity } from '../scope.ts';
import type { Follows } from './follows.ts';
import type { HandedOverEnd, HandedOverOutcome, IncidentOutcome, StopKind } from './status.ts';

/** Whom a plan needs, and until when. */
export type AskedApproval = {
  readonly planHash: string;
  readonly role: string;
  readonly quorum: number;
  readonly deadlineMs: number;
  /** Which time the plan is asked about, from 1; absent: the first. */
  readonly round?: number;
  /** Why it is asked although the plan was granted before. */
  readonly because?: string;
  /** Votes given before do not count any more. */
  readonly afresh?: true;
};

/** A silence, as an incident says it. */
export type SilencedBy = {
  readonly silenceId: string;
  readonly actor: string;
  readonly reason: string;
  readonly untilMs: number;
};

/** What a person found out about an effect of unknown outcome. */
export type EffectSettled = {
  readonly intentId: string;
  readonly step: number;
  readonly direction: 'forward' | 'compensation';
  /** Of a compensation: the effect that it was to take back. */
  readonly undoes?: string;
  readonly happened: boolean;
  readonly actor: string;
  readonly reason: string;
};

/**
 * What is told of a rollback that people asked for, by an id of its own each: told twice is told once. `intentId` is the effect
 * that is undone. May come after the end.
 */
export type RollbackNews = {
  readonly newsId: string;
  readonly requestId: string;
  readonly intentId: string;
} & (
  | {
      readonly type: 'rollback-requested';
      readonly stepKey: string;
      readonly actor: string;
      readonly reason: string;
      /** How many people have asked for it by now, of how many. */
      readonly given: number;
      readonly quorum: number;
      readonly expiresAtMs: number;
    }
  | {
      readonly type: 'rollback-ended';
      readonly stepKey: string;
      readonly outcome: RollbackOutcome;
      readonly reason: string;
      /** The effect that undid it; absent when none passed the gate. */
      readonly undoneBy?: string;
    }
  /** Whether the symptom is there after it. */
  | { readonly type: 'rollback-verified'; readonly stepKey: string; readonly result: VerificationResult }
);

export type IncidentEventBody =
  | {
      readonly type: 'incident-opened';
      readonly scope: Scope;
      readonly severity: Severity;
      readonly title: string;
      readonly fingerprint: string;
      readonly episode: number;
      readonly follows?: Follows;
    }
  | {
      readonly type: 'anomaly-observed';
      readonly anomaly: Anomaly;
      /** How often the incident has come back, this time included; absent when it did not. */
      readonly returns?: number;
    }
  | { readonly type: 'anomaly-cleared'; readonly anomalyId: string; readonly clearedMs: number }
  | { readonly type: 'enrichment-started'; readonly attempt: number }
  | {
      readonly type: 'enriched';
      readonly attempt: number;
      readonly evidenceIds: readonly string[];
      readonly missing: readonly string[];
    }
  | { readonly type: 'diagnosed'; readonly attempt: number; readonly diagnosis: Diagnosis }
  /** `diagnosis`: the one before with the model's view in it; null when no model answered in time. */
  | {
      readonly type: 'model-consulted';
      readonly attempt: number;
      readonly outcome: 'answered' | 'unavailable';
      readonly reason: string;
      readonly diagnosis: Diagnosis | null;
    }
  | {
      readonly type: 'planned';
      readonly attempt: number;
      readonly hashedPlan: HashedPlan;
      /** How long it takes to know whether it helped, where telemetry comes slowly. */
      readonly answerTakesMs?: number;
      readonly preflight?: Preflight;
    }
  | { readonly type: 'nothing-to-try'; readonly attempt: number; readonly reason: string }
  | { readonly type: 'decided'; readonly attempt: number; readonly verdict: Verdict }
  | ({ readonly type: 'approval-requested' } & AskedApproval)
  | {
      readonly type: 'approval-recorded';
      readonly approvalId: string;
      readonly planHash: string;
      readonly actor: string;
      readonly decision: 'approve' | 'reject';
      readonly reason: string;
    }
  | { readonly type: 'approval-granted'; readonly planHash: string }
  | {
      readonly type: 'approval-rejected';
      readonly planHash: string;
      readonly actor: string;
      readonly reason: string;
    }
  | { readonly type: 'approval-expired'; readonly planHash: string }
  | {
      readonly type: 'gate-refused';
      readonly step: number;
      readonly reason: GateRefusal;
      readonly detail: string;
    }
  | {
      readonly type: 'intent-written';
      readonly intentId: string;
      readonly step: number;
      readonly direction: 'forward' | 'compensation';
    }
  | {
      readonly type: 'effect-applied';
      readonly intentId: string;
      readonly step: number;
      readonly direction: 'forward' | 'compensation';
      /** True when the answer was lost and the world was looked at instead of repeating the call. */
      readonly foundByLookup: boolean;
      readonly summary: string;
    }
  | {
      readonly type: 'effect-failed';
      readonly intentId: string;
      readonly step: number;
      readonly direction: 'forward' | 'compensation';
      readonly reason: string;
      /** A person said stop after the gate had granted it: nothing was sent, and nothing is wrong with it. */
      readonly neverSent?: true;
      /** It may have happened: nobody can tell, until a person has looked and settles it. */
      readonly uncertain?: true;
      /** Refused by the vendor or its executor: which kind of refusal. */
      readonly code?: RefusalCode;
      /** What is half done. It is `uncertain` too: it is undone where it can be, and otherwise a person settles it. */
      readonly left?: string;
      /** Somebody else's change has replaced it: nothing of it is there any more, and nothing is undone. */
      readonly superseded?: true;
      /** A person said stop, and it was cancelled under way; it has not failed of itself. */
      readonly cancelled?: true;
    }
  /** Under way at the vendor; told a bounded number of times. */
  | {
      readonly type: 'effect-progress';
      readonly intentId: string;
      readonly step: number;
      readonly direction: 'forward' | 'compensation';
      readonly progress: Progress;
    }
  /** Granted, and only asked for at the vendor: dry run is on. `ok`: it would have been accepted. Nothing was done. */
  | {
      readonly type: 'effect-dry-run';
      readonly intentId: string;
      readonly step: number;
      readonly direction: 'forward' | 'compensation';
      readonly ok: boolean;
      readonly code?: RefusalCode;
      readonly detail: string;
    }
  /** A person looked at the target and said what became of an effect that nobody could tell of. May come after the end. */
  | ({ readonly type: 'effect-settled' } & EffectSettled)
  | RollbackNews
  | { readonly type: 'verification-started'; readonly attempt: number; readonly deadlineMs: number }
  | { readonly type: 'verified'; readonly attempt: number; readonly result: VerificationResult }
  /** Nobody can tell whether it helped: the change stays, people are asked, and the looks go on until the deadline. */
  | {
      readonly type: 'verification-held';
      readonly attempt: number;
      readonly reason: string;
      readonly deadlineMs: number;
    }
  | { readonly type: 'compensation-started'; readonly attempt: number; readonly reason: string }
  | {
      readonly type: 'compensation-finished';
      readonly attempt: number;
      readonly undone: number;
      readonly notUndone: readonly string[];
    }
  /** A person said stop; from here on no further effect is sent (a take-over stops undoing, too). */
  | {
      readonly type: 'stop-requested';
      readonly kind: StopKind;
      readonly actor: string;
      readonly reason: string;
    }
  /** All of it that fires is silenced: nothing is done, and nobody is called, until that ends. */
  | ({ readonly type: 'silenced' } & SilencedBy)
  /** Nothing silences all of it any more, and its symptom is there: it goes on. */
  | { readonly type: 'silence-ended'; readonly silenceId: string }
  /** The workflow was gone and runs again from this record. */
  | { readonly type: 'workflow-restarted'; readonly reason: string }
  /** The store lost events that cannot be written again: the numbers after `afterSeq` up to `throughSeq` are missing. */
  | { readonly type: 'record-gap'; readonly afterSeq: number; readonly throughSeq: number }
  | { readonly type: 'note-added'; readonly noteId: string; readonly actor: string; readonly text: string }
  | { readonly type: 'postmortem-drafted'; readonly digest: string }
  /** Sentinel does nothing more; the incident stays open for people until what fires is over or somebody closes it. */
  | {
      readonly type: 'handed-over';
      readonly outcome: HandedOverOutcome;
      readonly reason: string;
      readonly actor: string;
      /** As of `incident-closed`. */
      readonly leftInPlace?: readonly string[];
    }
  | {
      readonly type: 'incident-closed';
      readonly outcome: IncidentOutcome;
      readonly reason: string;
      readonly actor: string;
      /** Step keys of what Sentinel did and did not take back; absent when there is none, or when it helped. */
      readonly leftInPlace?: readonly string[];
      /** Of one that was handed over. */
      readonly end?: HandedOverEnd;
    };

export type IncidentEvent = {
  /** Position in the incident's own timeline, from 1, without gaps. */
  readonly seq: number;
  readonly atMs: number;
} & IncidentEventBody;

export type IncidentEventType = IncidentEventBody['type'];
