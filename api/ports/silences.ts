// Silences and maintenance windows: made, changed and ended by people, obeyed by correlation, the gate and notifications.

import type { Severity } from '../../domain/scope.ts';
import type { Matcher } from '../../domain/silences/matchers.ts';
import type { Occurrence } from '../../domain/silences/schedule.ts';
import type { Silence, SilencedThing, SilenceTerms, TermsProblem } from '../../domain/silences/silence.ts';
import type { Principal } from './principal.ts';

export type SilenceRefusal =
  | { readonly made: false; readonly reason: 'invalid'; readonly problem: TermsProblem }
  | {
      readonly made: false;
      readonly reason: 'unknown' | 'out-of-reach' | 'expired' | 'read-only' | 'too-many';
      readonly detail: string;
    };
export type SilenceResult = { readonly made: true; readonly silence: Silence } | SilenceRefusal;

/** A finding that a silence kept from an incident. */
export type SilencedFinding = {
  readonly anomalyId: string;
  readonly environment: string;
  readonly service: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** Judged again then, unless it clears; null: it has cleared, or was judged again. */
  readonly dueAtMs: number | null;
};

/** What matchers would silence at this moment. */
export type SilencePreview = {
  readonly incidents: readonly {
    readonly incidentId: string;
    readonly title: string;
    readonly environment: string;
    readonly service: string;
    readonly severity: Severity;
    /** How many of its findings they match, of how many. */
    readonly matched: number;
    readonly findings: number;
  }[];
  /** Open incidents that were looked at. */
  readonly of: number;
};

export type SilencedNow = { readonly silence: Silence; readonly occurrence: Occurrence };
/** Of one incident or service, what keeps each of these from happening; null: nothing does. */
export type SilencedHere = Readonly<Record<SilencedThing, SilencedNow | null>>;

/** Once a call has returned, what it says holds: for correlation, at the gate, and at every send. */
export interface Silences {
  /** Those that hold or will hold, and those that ended within thirty days; the newest first. A thousand at most. */
  list(): Promise<readonly Silence[]>;
  /** Null: there is none with this id. */
  get(id: string): Promise<Silence | null>;
  /** Newest first, a hundred at most. */
  findings(id: string): Promise<readonly SilencedFinding[]>;
  /** All its versions, the first one first. */
  versions(id: string): Promise<readonly Silence[]>;
  create(terms: SilenceTerms, principal: Principal): Promise<SilenceResult>;
  /** Makes the next version. What is over is not begun again. */
  change(id: string, terms: SilenceTerms, principal: Principal): Promise<SilenceResult>;
  /** Of one that somebody has ended: what it is, unchanged. */
  end(id: string, reason: string, principal: Principal): Promise<SilenceResult>;
  preview(matchers: readonly Matcher[]): Promise<SilencePreview>;
  ofIncident(incidentId: string): Promise<SilencedHere>;
  ofService(environment: string, service: string): Promise<SilencedHere>;
}
