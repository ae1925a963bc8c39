// Everything createApp is given: ports and nothing else.

import type {
  ApiKeys,
  Approvals,
  AuditReader,
  ComponentHealth,
  IncidentMessenger,
  IncidentReader,
  KillSwitch,
  Logger,
  Metrics,
} from './ports.ts';

export type ApiDeps = {
  readonly incidents: IncidentReader;
  readonly approvals: Approvals;
  readonly killSwitch: KillSwitch;
  readonly apiKeys: ApiKeys;
  readonly audit: AuditReader;
  readonly messenger: IncidentMessenger;
  /** Looks at every dependency now, within a second or so; a part that cannot be reached is an entry, not an error. */
  readonly components: () => Promise<readonly ComponentHealth[]>;
  readonly metrics: Metrics;
  /** All metrics in Prometheus' text format. */
  readonly renderMetrics: () => Promise<{ text: string; contentType: string }>;
  /** Of this Sentinel, such as `0.1.0`. */
  readonly version: string;
  readonly log: Logger;
  readonly newId: () => string;
  /** How long an answer to a decision waits for the workflow to hear of it. Default 5000, which leaves time for its second way. */
  readonly deliveryTimeoutMs?: number;
};
