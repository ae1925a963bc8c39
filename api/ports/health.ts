// The health of Sentinel itself: its dependencies, and what is queued.

/** One dependency as `/ready`, `doctor` and the status page show it. */
export type ComponentHealth = {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly detail: string;
  /** How long the look took. Absent for parts that are not looked at. */
  readonly latencyMs?: number;
};

/** What waits to be worked off, for the people who watch over Sentinel itself. */
export type Queues = {
  readonly inboxPending: number;
  /** Accepted, but not worked off after many tries; the reason stands in the inbox. */
  readonly inboxDead: number;
  /** When the oldest pending item came in. */
  readonly inboxOldestMs: number | null;
  readonly decisionsUndelivered: number;
  readonly approvalsPending: number;
  readonly incidentsOpen: number;
  /** Rows of telemetry that wait in this process to be written; null where there is no history. */
  readonly historyRows: number | null;
};

export interface QueueReader {
  depths(): Promise<Queues>;
}
