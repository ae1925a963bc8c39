// Everything the activities work with. Each activity takes the few of these it needs.

import type { PolicyConfig } from '../domain/policy/config.ts';
import type { Runbook } from '../domain/remediation/runbook.ts';
import type { VerificationConfig } from '../domain/remediation/verify-config.ts';
import type {
  AnomalyReturns,
  ApprovalStore,
  Clock,
  EvidenceStore,
  Executors,
  Gate,
  History,
  IncidentStore,
  Logger,
  Metrics,
  Notifier,
  PlanStore,
  PostmortemStore,
} from './ports.ts';

export type ActivityDeps = {
  readonly history: History;
  readonly incidents: IncidentStore;
  readonly evidence: EvidenceStore;
  readonly plans: PlanStore;
  readonly approvals: ApprovalStore;
  readonly gate: Gate;
  readonly executors: Executors;
  readonly notifier: Notifier;
  readonly postmortems: PostmortemStore;
  readonly returns: AnomalyReturns;
  readonly policy: PolicyConfig;
  readonly runbook: Runbook;
  readonly verification: VerificationConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};
