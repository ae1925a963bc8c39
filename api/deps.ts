// Everything createApp is given: ports and nothing else.

import type { PolicyConfig } from '../domain/policy/config.ts';
import type { People } from '../domain/policy/people.ts';
import type { DashboardDeps } from './dashboard/deps.ts';
import type { Streams } from './feed/streams.ts';
import type { RefusalAudit } from './http/refusal-audit.ts';
import type { AgentDesk } from './ports/agents.ts';
import type { Approvals } from './ports/approvals.ts';
import type { AuditReader, AuditWriter } from './ports/audit.ts';
import type { Budgets } from './ports/budgets.ts';
import type { DeadLetters } from './ports/dead-letters.ts';
import type { EffectSettlement } from './ports/effects.ts';
import type { RecordReader } from './ports/explain.ts';
import type { ComponentHealth, QueueReader } from './ports/health.ts';
import type { IncidentReader } from './ports/incidents.ts';
import type { Infrastructure } from './ports/infrastructure.ts';
import type { ApiKeys } from './ports/keys.ts';
import type { KillSwitch } from './ports/kill-switch.ts';
import type { Logger } from './ports/logger.ts';
import type { IncidentMessenger } from './ports/messenger.ts';
import type { Metrics } from './ports/metrics.ts';
import type { ModelTurnReader } from './ports/model-turns.ts';
import type { KnownResources } from './ports/resources.ts';
import type { Rollbacks, RollbackWorkflows } from './ports/rollbacks.ts';
import type { ServiceReader } from './ports/services.ts';
import type { Silences } from './ports/silences.ts';
import type { Stops } from './ports/stops.ts';
import type { SeriesReader } from './ports/telemetry.ts';
import type { TemporalPayloads } from './ports/temporal-payloads.ts';
import type { TrackRecord } from './ports/track-record.ts';

export type ApiDeps = {
  readonly incidents: IncidentReader;
  /** Live events. Whoever made them closes them. */
  readonly streams: Streams;
  readonly approvals: Approvals;
  readonly stops: Stops;
  readonly killSwitch: KillSwitch;
  readonly silences: Silences;
  readonly trackRecord: TrackRecord;
  readonly effects: EffectSettlement;
  readonly rollbacks: Rollbacks;
  readonly rollbackWorkflows: RollbackWorkflows;
  readonly apiKeys: ApiKeys;
  readonly agents: AgentDesk;
  readonly audit: AuditReader;
  /** What people do that has no entry of its own elsewhere. */
  readonly auditWriter?: AuditWriter;
  /** Takes refused requests; absent: they are only counted. Whoever made it closes it. */
  readonly refusals?: Pick<RefusalAudit, 'note'>;
  readonly modelTurns: ModelTurnReader;
  readonly messenger: IncidentMessenger;
  readonly temporalPayloads: TemporalPayloads;
  /** Null: telemetry history is switched off. */
  readonly series: SeriesReader | null;
  readonly services: ServiceReader;
  readonly infrastructure: Infrastructure;
  readonly resources: KnownResources;
  readonly budgets: Budgets;
  readonly queues: QueueReader;
  readonly records: RecordReader;
  readonly deadLetters: DeadLetters;
  readonly policy: PolicyConfig;
  /** Whom the configuration names. */
  readonly people: Pick<People, 'named'>;
  /** Requests a minute; 0 is no limit. */
  readonly rateLimits: { readonly perKey: number; readonly perAddress: number };
  /** Looks at every dependency now, within a second or so; a part that cannot be reached is an entry, not an error. */
  readonly components: () => Promise<readonly ComponentHealth[]>;
  readonly metrics: Metrics;
  /** All metrics in Prometheus' text format. */
  readonly renderMetrics: () => Promise<{ text: string; contentType: string }>;
  readonly about: {
    /** Such as `0.1.0`. */
    readonly version: string;
    /** Which parts this process has. */
    readonly role: string;
    /** Version of Node. */
    readonly node: string;
    readonly startedAtMs: number;
  };
  readonly clock: { nowMs(): number };
  /** Takes what Slack sends, and answers within its three seconds; null: Slack is not configured. */
  readonly slackEvents: ((request: Request) => Promise<Response>) | null;
  readonly log: Logger;
  readonly newId: () => string;
  /** How long an answer to a decision waits for the workflow to hear of it. Default 5000, which leaves time for its second way. */
  readonly deliveryTimeoutMs?: number;
  /** Pages for people; without it there is only the API. */
  readonly dashboard?: DashboardDeps;
};
