// The answer to "is the symptom gone?"; only `recovered` may resolve an incident.

export const verificationOutcomes = ['recovered', 'not-recovered', 'unverified'] as const;
export type VerificationOutcome = (typeof verificationOutcomes)[number];

export type VerificationResult = {
  readonly outcome: VerificationOutcome;
  /** True when the evidence will not change by waiting longer (recovered, or clearly worse). */
  readonly settled: boolean;
  /** True when the newest samples are much better than those that made it `not-recovered`: it may be passing by itself. */
  readonly improving?: boolean;
  readonly reason: string;
  readonly freshSamples: number;
  /** Per symptom series: what was normal, during the incident, and now. */
  readonly series: readonly {
    readonly seriesKey: string;
    readonly before: number;
    readonly during: number;
    readonly after: number;
    readonly ok: boolean;
  }[];
  /** How long after the effect it can be known, where the samples come slowly: longer than every second or two. */
  readonly answerTakesMs?: number;
  /** True when untouched neighbours improved the same way: the action may not be what helped. */
  readonly controlImprovedToo: boolean;
};
