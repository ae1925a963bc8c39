// What ingest needs from outside: small interfaces, implemented in adapters/.

import type { Likeness } from '../domain/correlation/alike.ts';
import type { CorrelationConfig } from '../domain/correlation/correlate.ts';
import type { AlertReport } from '../domain/correlation/occurrence.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { Learnt } from '../domain/detection/learnt/learnt.ts';
import type { Budget } from '../domain/detection/watch/budget-watch.ts';
import type { Attributes, ChangeEvent } from '../domain/observation.ts';
import type { Reach } from '../domain/policy/reach.ts';
import type { MirroredSilence, MirrorSource } from '../domain/silences/mirror.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../domain/telemetry.ts';
import type { AnomalyNews, IncidentInput } from '../workflows/messages.ts';

export interface HistoryWriter {
  /** Resolves when the rows are durable; batches of many callers are written together. */
  write(rows: HistoryRows): Promise<void>;
}
/** History as a starting process reads it back. */
export interface WarmHistory {
  /** Environments with telemetry since then. */
  environments(sinceMs: number): Promise<readonly string[]>;
  /** Of these services only, when given. */
  calls(range: HistoryRange, services?: readonly string[]): Promise<readonly CallBucket[]>;
  metrics(range: HistoryRange, services?: readonly string[]): Promise<readonly MetricBucket[]>;
  logs(range: HistoryRange, services?: readonly string[]): Promise<readonly LogBucket[]>;
}
export type HistoryRange = { readonly environment: string; readonly fromMs: number; readonly toMs: number };

export type HistoryRows = {
  readonly environment: string;
  readonly calls: readonly CallBucket[];
  readonly metrics: readonly MetricBucket[];
  readonly logs: readonly LogBucket[];
  readonly anomalies: readonly Anomaly[];
};

export type InboxItem = (
  | {
      readonly id: string;
      readonly kind: 'anomaly';
      readonly anomaly: Anomaly;
      /** Somebody else's alert: which of its occurrences this is about is decided when it is put (events/occurrences.ts). */
      readonly report?: AlertReport;
    }
  | { readonly id: string; readonly kind: 'change'; readonly change: ChangeEvent }
) & {
  /** As its sender named it, to be asked by; not handed out again. */
  readonly eventId?: string;
};

/** An item as `take` hands it out; `attempts` counts how often it was taken, this time included, across restarts. */
export type TakenItem = InboxItem & { readonly attempts?: number };

/** Durable inbox in Postgres: what is accepted is here before the sender hears 2xx. */
export interface Inbox {
  /**
   * Stores items that are new; returns how many were. A finding that fires on after its incident was closed is new, and so is
   * every occurrence of an alert.
   */
  put(items: readonly InboxItem[]): Promise<number>;
  /**
   * Pending items, locked for this process for `leaseMs`, oldest first: those of the services that have waited longest, and what
   * else waits of the same services, so that an incident hears of many at once. Nobody is passed by twice. Nothing of the services
   * that are left out.
   */
  take(limit: number, leaseMs: number, leftOut?: Iterable<string>): Promise<readonly TakenItem[]>;
  done(...ids: readonly string[]): Promise<void>;
  /** They are through, and led nowhere; `reason` says why. */
  ignored(ids: readonly string[], reason: string): Promise<void>;
  /** Without an instant to try again, the items are kept as `dead` with their reason. */
  failed(ids: readonly string[], reason: string, retryAtMs: number | null): Promise<void>;
}

/** An alert that fires by what is known here. `key` names it in reports; the anomaly carries its occurrence. */
export type FiringAlert = { readonly key: string; readonly anomaly: Anomaly };

/** What senders said that fires, for those that tell a state rather than its beginning and end. */
export interface FiringAlerts {
  firing(environment: string, source: string): Promise<readonly FiringAlert[]>;
}

/** What detection has learnt over weeks, by service: kept while it runs, and asked for where a service is watched next. */
export interface LearntStore {
  /** Of two states of one thing, the one that knows later samples stays. */
  keep(learnt: readonly Learnt[], budgets: readonly Budget[]): Promise<void>;
  /** Of these services of the environment; the newest first, a bounded number. */
  recall(environment: string, services: readonly string[]): Promise<readonly Learnt[]>;
  /** Of all environments and services. */
  recallAll(): Promise<readonly Learnt[]>;
}

export interface LookNotes {
  /** Everything that had changed in the watched system until `agoMs` ago has been told. */
  looked(name: string, environment: string, agoMs: number): Promise<void>;
}

/** How far watched systems have been read, where what they hold is read in order. */
export interface WatchPositions {
  last(name: string, environment: string): Promise<string | null>;
  keep(name: string, environment: string, position: string): Promise<void>;
}

/**
 * Reads the text at an address on the internet, small and soon. Rejects when nobody answers; follows no redirect; never reaches a
 * metadata service.
 */
export type ReadRemote = (url: string) => Promise<{ readonly status: number; readonly text: string }>;

export type RefusedTelemetryRow = {
  readonly environment: string;
  readonly service: string;
  /** `metrics`, `logs`, `traces`, `remote-write`, or a Kafka topic. */
  readonly signal: string;
  readonly reason: string;
  readonly records: number;
  readonly example: string;
  readonly atMs: number;
};

export type ResourceRow = {
  readonly environment: string;
  readonly service: string;
  readonly resourceId: string;
  readonly attributes: Attributes;
};

/** What is noted of telemetry beside its history. */
export interface TelemetryNotes {
  /** Adds to what is noted already. Each place and reason at most once a call. */
  refused(rows: readonly RefusedTelemetryRow[]): Promise<void>;
  /** Each resource at most once a call. */
  resources(rows: readonly ResourceRow[]): Promise<void>;
}

export type Assignment =
  /** The anomaly belongs to this incident: signal it (starting it when it does not run yet). */
  | {
      readonly kind: 'incident';
      readonly input: Omit<IncidentInput, 'settings'>;
      /** Why it is in the incident of other services, for people. */
      readonly why?: string;
      /** It was opened for this very anomaly. */
      readonly opened?: true;
    }
  /** A clear of an anomaly no open incident knows, or a repeat: nothing to do. */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** It would be in an incident, and people want none: it waits for the end of their silence. */
  | { readonly kind: 'silenced'; readonly reason: string };

/** Correlation state in Postgres: open episodes, their scopes, and the service graph. */
export interface Episodes {
  /**
   * In one transaction, one after the other: joins each anomaly to an open episode of neighbouring scope, or claims a new one.
   * One answer for each. Idempotent by anomaly id.
   */
  assignAll(anomalies: readonly Anomaly[], config: CorrelationConfig): Promise<readonly Assignment[]>;
  /** The same, of one. */
  assign(anomaly: Anomaly, config: CorrelationConfig): Promise<Assignment>;
  /** The episode's workflow was found closed: close the episode here too, so that `assign` claims the next one. */
  abandon(incidentId: string): Promise<void>;
  rememberEdges(environment: string, edges: readonly { caller: string; callee: string }[]): Promise<void>;
  rememberChange(change: ChangeEvent): Promise<void>;
}

/** Silences of other systems, kept here. */
export interface SilenceMirror {
  /** From now on exactly these are the silences of that system; returns how many changed by it. */
  mirror(source: MirrorSource, silences: readonly MirroredSilence[]): Promise<number>;
}

/** Findings that were silenced. */
export interface SilencedAgain {
  /** Puts up to so many whose silence has ended back into the inbox, to be judged again; returns how many. */
  judgeAgain(limit: number): Promise<number>;
}

export interface AskingEpisodes extends Episodes {
  /**
   * As `assignAll`, with what a memory said about findings that would open an incident. `unasked`: there are some that it was not asked
   * about (by id of the anomaly), and nothing has happened.
   */
  assignAsked(
    anomalies: readonly Anomaly[],
    config: CorrelationConfig,
    likeness: ReadonlyMap<string, Likeness>,
  ): Promise<
    | { readonly kind: 'assigned'; readonly assignments: readonly Assignment[] }
    | { readonly kind: 'unasked'; readonly unasked: readonly Anomaly[] }
  >;
}

export interface IncidentStarter {
  /**
   * Tells the incident all of it in one message; a firing one starts an incident that does not run yet, under a deterministic
   * id. `closed`: an incident of that id has already ended, and heard nothing.
   */
  tell(input: Omit<IncidentInput, 'settings'>, news: readonly AnomalyNews[]): Promise<'signalled' | 'closed'>;
}

export interface Clock {
  nowMs(): number;
}

/** Counters, histograms and gauges under Prometheus names (`sentinel_ingest_…_total`, `…_seconds`). */
export interface Metrics {
  count(name: string, labels: Readonly<Record<string, string>>, value?: number): void;
  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void;
  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void;
}

export type IngestPermission = 'ingest:write';
/** Who sends, as far as it is known. */
export type Sender = {
  /** Whose share of the limits it takes: `key:4f2a1c9d0e11`, `address:203.0.113.7`. */
  readonly id: string;
  /** False: nobody stands behind what they send, so it may not lead to an effect without a person. */
  readonly vouched: boolean;
  /** What they may speak about; absent is everything. */
  readonly reach?: Reach | undefined;
};

export type Authorization =
  | { readonly allowed: true; readonly actor: string; readonly sender: Sender }
  | { readonly allowed: false; readonly reason: 'unauthenticated' | 'forbidden'; readonly detail: string };

/** Judges the bearer key of a request from `address`. Throws only when the key store cannot be reached. */
export type Authorize = (
  request: Request,
  permission: IngestPermission,
  address: string,
) => Promise<Authorization>;

/** Where ingest says what went wrong; pino's own loggers fit. */
export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
