// What became of one event, alert or anomaly, and of telemetry that was refused.

/**
 * Each accepted item ends as exactly one of the others. `waiting`: not worked off yet. `evidence`: a change, kept for diagnoses.
 * `suppressed`: it led to no incident, and `reason` says why. `dead-letter`: given up, and `reason` says why.
 */
export const eventOutcomes = ['waiting', 'incident', 'evidence', 'suppressed', 'dead-letter'] as const;
export type EventOutcome = (typeof eventOutcomes)[number];

export type ExplainedItem = {
  readonly id: string;
  readonly eventId: string | null;
  readonly kind: 'anomaly' | 'change';
  readonly state: 'firing' | 'cleared' | null;
  readonly environment: string;
  readonly service: string;
  readonly summary: string;
  readonly seriesKey: string | null;
  readonly receivedAtMs: number;
  readonly repeats: number;
  readonly repeatedAtMs: number | null;
  readonly status: 'pending' | 'done' | 'dead';
  readonly outcome: EventOutcome;
  readonly attempts: number;
  readonly reason: string | null;
  readonly nextAttemptAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly incidentId: string | null;
  readonly incidentTitle: string | null;
  readonly incidentClosedAtMs: number | null;
  /** Why it is in this incident; null for what was assigned before it was kept. */
  readonly incidentWhy: string | null;
};

/** Telemetry without effect, added up per service and reason. */
export type RefusedTelemetry = {
  readonly environment: string;
  readonly service: string;
  readonly signal: string;
  readonly reason: string;
  readonly records: number;
  readonly example: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
};

export interface RecordReader {
  /** Events, alerts and anomalies of this id, newest first; refused telemetry of the service of this name. */
  explain(id: string): Promise<{
    readonly items: readonly ExplainedItem[];
    readonly refused: readonly RefusedTelemetry[];
  }>;
}
