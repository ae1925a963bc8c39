// Everything the activities work with. Each activity takes the few of these it needs.

import type { PolicyConfig } from '../domain/policy/config.ts';
import type { Runbook } from '../domain/remediation/runbook.ts';
import type { VerificationConfig } from '../domain/remediation/verify-config.ts';
import type { Executors } from './ports/executor.ts';
import type { OutsideSource } from './ports/outside.ts';
import type { KnownResources } from './ports/resources.ts';
import type {
  AnomalyRequeue,
  ApprovalStore,
  ChangeLooks,
  Clock,
  DiagnosisStore,
  EvidenceStore,
  Gate,
  History,
  IncidentStore,
  LanguageModel,
  Logger,
  Metrics,
  ModelBudgets,
  ModelTurns,
  OwnLag,
  PastIncidents,
  PlanStore,
  PostmortemStore,
  StoredRollbacks,
  StoredSilences,
  StoredStops,
} from './ports.ts';

/** Language models, in the order they are asked, and what may be spent on them. */
export type ModelDeps = {
  readonly models: readonly LanguageModel[];
  readonly turns: ModelTurns;
  readonly budgets: ModelBudgets;
  readonly maxOutputTokens: number;
  /** False: no text of logs and changes leaves the machine, not even redacted. */
  readonly texts: boolean;
};

export type ActivityDeps = {
  readonly history: History;
  readonly incidents: IncidentStore;
  readonly evidence: EvidenceStore;
  readonly plans: PlanStore;
  readonly diagnoses: DiagnosisStore;
  readonly approvals: ApprovalStore;
  readonly gate: Gate;
  readonly executors: Executors;
  readonly resources: KnownResources;
  readonly stops: StoredStops;
  readonly silences: StoredSilences;
  readonly rollbacks: StoredRollbacks;
  readonly postmortems: PostmortemStore;
  readonly requeue: AnomalyRequeue;
  readonly policy: PolicyConfig;
  readonly runbook: Runbook;
  readonly verification: VerificationConfig;
  /** Null: Sentinel's own lag is not measured, or does not count. */
  readonly ownLag: OwnLag | null;
  readonly changeLooks: ChangeLooks;
  /** Null: nothing is remembered. */
  readonly pastIncidents: PastIncidents | null;
  readonly outside: readonly OutsideSource[];
  /** Null: the statistics stand alone. */
  readonly model: ModelDeps | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};
