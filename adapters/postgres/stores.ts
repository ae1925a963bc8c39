// All stores over one database, by the port they implement.

import type { KnownResources } from '../../activities/ports/resources.ts';
import type {
  AnomalyRequeue,
  ApprovalStore,
  ChangeLooks,
  DiagnosisStore,
  EvidenceStore,
  Gate,
  IncidentStore,
  ModelTurns,
  PlanStore,
  PostmortemStore,
  StoredRollbacks,
  StoredSilences,
  StoredStops,
} from '../../activities/ports.ts';
import type { DeadItems, ReplayLedger } from '../../api/dead-letters/ports.ts';
import type { NotificationStore } from '../../api/notifications/ports.ts';
import type { AgentDesk } from '../../api/ports/agents.ts';
import type { Approvals } from '../../api/ports/approvals.ts';
import type { AuditChain, AuditReader, AuditWriter } from '../../api/ports/audit.ts';
import type { Budgets } from '../../api/ports/budgets.ts';
import type { EffectSettlement, Settlements } from '../../api/ports/effects.ts';
import type { RecordReader } from '../../api/ports/explain.ts';
import type { EventFeed } from '../../api/ports/feed.ts';
import type { IncidentReader } from '../../api/ports/incidents.ts';
import type { ApiKeys } from '../../api/ports/keys.ts';
import type { KillSwitch } from '../../api/ports/kill-switch.ts';
import type { ModelTurnReader } from '../../api/ports/model-turns.ts';
import type { IncidentRestarts } from '../../api/ports/restarts.ts';
import type { Rollbacks } from '../../api/ports/rollbacks.ts';
import type { ServiceMaps, ServiceReader } from '../../api/ports/services.ts';
import type { Sessions } from '../../api/ports/sessions.ts';
import type { SignedRequests } from '../../api/ports/signed-requests.ts';
import type { Silences } from '../../api/ports/silences.ts';
import type { Stops } from '../../api/ports/stops.ts';
import type { TrackRecord } from '../../api/ports/track-record.ts';
import { type PolicyConfig, policyConfigSchema } from '../../domain/policy/config.ts';
import { nobody, type People } from '../../domain/policy/people.ts';
import { type LimitsConfig, sendWithinMs } from '../../domain/remediation/limits.ts';
import type { ReplayClaims } from '../../ingest/kafka/ports.ts';
import type {
  AskingEpisodes,
  FiringAlerts,
  Inbox,
  LearntStore,
  LookNotes,
  SilencedAgain,
  SilenceMirror,
  TelemetryNotes,
  WatchPositions,
} from '../../ingest/ports.ts';
import { createAgentDesk } from './agents/desk.ts';
import { createAgentLine, createBells, type ProcessAgentLine } from './agents/line.ts';
import { createAnomalyRequeue } from './anomaly-requeue.ts';
import { type BootstrapKeys, createApiKeys } from './api-keys.ts';
import { createApprovalStore } from './approval-store.ts';
import { createApprovals } from './approvals.ts';
import { createAuditChain } from './audit/chain.ts';
import { createAuditReader } from './audit/reader.ts';
import { createAuditWriter } from './audit/writer.ts';
import { createChangeLooks } from './change-looks.ts';
import type { Database } from './database/open.ts';
import { createDeadItems } from './dead-letters/items.ts';
import { createReplayClaims, createReplayLedger } from './dead-letters/replays.ts';
import { createDiagnosisStore } from './diagnosis-store.ts';
import { createEpisodes } from './episodes/episodes.ts';
import { createEventFeed } from './event-feed.ts';
import { createEvidenceStore } from './evidence-store.ts';
import { createGate, type GateRules } from './gate/gate.ts';
import { createEffectSettlement } from './gate/settle.ts';
import { createInbox } from './inbox/inbox.ts';
import { createIncidentReader } from './incident-reader.ts';
import { createIncidentStore } from './incident-store.ts';
import { createKillSwitch } from './kill-switch.ts';
import { createKnownResources } from './known-resources.ts';
import { createLearnt } from './learnt.ts';
import { createMaintenance, type Maintenance } from './maintenance.ts';
import { createKeptEmbeddings, type KeptEmbeddings } from './memory/embeddings.ts';
import { createEndedIncidents, type EndedIncidents } from './memory/ended.ts';
import { createModelTurnReader, createModelTurns } from './model-turns.ts';
import { createNotificationStore } from './notifications.ts';
import { createOwnLagStore, type OwnLagStore } from './own-lag.ts';
import { createOwnProcesses, type OwnProcesses } from './own-processes.ts';
import { createPlanStore } from './plan-store.ts';
import { createPostmortemStore } from './postmortem-store.ts';
import { createQueueReader, type StoredQueues } from './queue-reader.ts';
import { createRecordReader } from './record-reader.ts';
import { createIncidentRestarts } from './restarts.ts';
import { createRollbacks } from './rollbacks/rollbacks.ts';
import { createServiceMaps } from './service-maps.ts';
import { createServiceReader } from './service-reader.ts';
import { createSessions, type SessionLimits } from './sessions.ts';
import { createSettlements } from './settlements.ts';
import { createSignedRequests } from './signed-requests.ts';
import { createSilenceMirror } from './silence-mirror.ts';
import { createSilences } from './silence-store.ts';
import { createSilenceBook } from './silences/book.ts';
import { createStops } from './stops.ts';
import { createTelemetryNotes } from './telemetry-notes.ts';
import { createTrackRecord } from './track-record.ts';
import { createWatchPositions } from './watch-positions.ts';

export type StoreOptions = {
  readonly limits: LimitsConfig;
  /** Policy as configured now; default: policy without any setting. */
  readonly policy?: PolicyConfig;
  /** Whom the configuration names; default: nobody. */
  readonly people?: People;
  /** Default five seconds: see GateLimits. */
  readonly sendWithinMs?: number;
  /** Default one minute: see EpisodeOptions. */
  readonly lateFindingsMs?: number;
  /** Default one hour: see EpisodeOptions. */
  readonly followsWithinMs?: number;
  /** Default twelve hours and seven days. */
  readonly sessions?: SessionLimits;
  /** Default true: while Sentinel is overloaded nothing is done without a person. */
  readonly lagLowersAutonomy?: boolean;
  /** Default seven days. */
  readonly longestSilenceMs?: number;
  /** Default: nothing is protected. */
  readonly protection?: GateRules['protection'];
};

export type Stores = {
  /** For the activities. */
  readonly incidents: IncidentStore;
  readonly evidence: EvidenceStore;
  readonly plans: PlanStore;
  readonly diagnoses: DiagnosisStore;
  readonly approvalRequests: ApprovalStore;
  readonly gate: Gate;
  readonly postmortems: PostmortemStore;
  readonly requeue: AnomalyRequeue;
  readonly modelTurns: ModelTurns;
  /** For the memory of incidents. */
  readonly endedIncidents: EndedIncidents;
  readonly embeddings: KeptEmbeddings;
  /** For ingest. */
  readonly inbox: Inbox & FiringAlerts;
  readonly episodes: AskingEpisodes & SilencedAgain;
  readonly silenceMirror: SilenceMirror;
  readonly telemetryNotes: TelemetryNotes;
  readonly replayClaims: ReplayClaims;
  /** Ingest keeps it; the API reads the budgets. */
  readonly learnt: LearntStore & Budgets;
  /** For the activities and the API. */
  readonly resources: KnownResources;
  /** For the API. */
  readonly incidentReader: IncidentReader;
  readonly eventFeed: EventFeed;
  readonly approvals: Approvals;
  readonly restarts: IncidentRestarts;
  readonly killSwitch: KillSwitch;
  readonly silences: Silences & StoredSilences;
  readonly trackRecord: TrackRecord;
  readonly effects: EffectSettlement;
  readonly settlements: Settlements;
  /** For the activities, too. */
  readonly rollbacks: Rollbacks & StoredRollbacks;
  readonly stops: Stops & StoredStops;
  readonly apiKeys: ApiKeys & BootstrapKeys;
  readonly agentDesk: AgentDesk;
  /** For executors. */
  readonly agentLine: ProcessAgentLine;
  readonly audit: AuditReader;
  readonly auditWriter: AuditWriter;
  readonly auditChain: AuditChain;
  readonly modelTurnReader: ModelTurnReader;
  readonly services: ServiceReader;
  readonly queues: StoredQueues;
  readonly records: RecordReader;
  readonly deadItems: DeadItems;
  readonly replayLedger: ReplayLedger;
  readonly sessions: Sessions;
  readonly notifications: NotificationStore;
  readonly serviceMaps: ServiceMaps;
  readonly signedRequests: SignedRequests;
  /** When watched systems were last looked at. */
  readonly changeLooks: ChangeLooks & LookNotes;
  readonly watchPositions: WatchPositions;
  /** What the processes say of their own lag. */
  readonly ownLag: OwnLagStore;
  /** Where the processes of this installation run. */
  readonly ownProcesses: OwnProcesses;
  /** For whichever process runs it now and then. */
  readonly maintenance: Maintenance;
};

export function createStores({ db }: Database, options: StoreOptions): Stores {
  const { limits, lateFindingsMs = 60_000 } = options;
  const { followsWithinMs = 3_600_000 } = options;
  const { sendWithinMs: within = sendWithinMs, lagLowersAutonomy = true } = options;
  const { sessions = { idleMs: 12 * 3_600_000, absoluteMs: 7 * 86_400_000 } } = options;
  const { policy = policyConfigSchema.parse({}), people = nobody } = options;
  const { protection = () => null, longestSilenceMs = 7 * 86_400_000 } = options;
  const inbox = createInbox(db);
  const apiKeys = createApiKeys(db, people);
  const incidents = createIncidentStore(db, limits);
  const bells = createBells(db);
  const silenceBook = createSilenceBook();
  const gate = createGate(db, {
    limits: { ...limits, sendWithinMs: within, lagLowersAutonomy },
    policy,
    people,
    silences: silenceBook,
    protection,
  });
  return {
    incidents,
    evidence: createEvidenceStore(db),
    plans: createPlanStore(db),
    diagnoses: createDiagnosisStore(db),
    approvalRequests: createApprovalStore(db, people),
    gate,
    postmortems: createPostmortemStore(db),
    requeue: createAnomalyRequeue(inbox),
    modelTurns: createModelTurns(db),
    endedIncidents: createEndedIncidents(db),
    embeddings: createKeptEmbeddings(db),
    inbox,
    episodes: createEpisodes(db, silenceBook, { lateFindingsMs, followsWithinMs }),
    silenceMirror: createSilenceMirror(db),
    telemetryNotes: createTelemetryNotes(db),
    replayClaims: createReplayClaims(db),
    learnt: createLearnt(db),
    resources: createKnownResources(db),
    incidentReader: createIncidentReader(db),
    eventFeed: createEventFeed(db),
    approvals: createApprovals(db, people),
    restarts: createIncidentRestarts(db),
    killSwitch: createKillSwitch(db),
    silences: createSilences(db, silenceBook, { longestMs: longestSilenceMs }),
    trackRecord: createTrackRecord(db),
    effects: createEffectSettlement(db),
    settlements: createSettlements(db, incidents),
    stops: createStops(db),
    rollbacks: createRollbacks(db, incidents, { policy, people }),
    apiKeys,
    agentDesk: createAgentDesk(db, bells, gate.permit),
    agentLine: createAgentLine(db, bells),
    audit: createAuditReader(db),
    auditWriter: createAuditWriter(db),
    auditChain: createAuditChain(db),
    modelTurnReader: createModelTurnReader(db),
    services: createServiceReader(db),
    queues: createQueueReader(db),
    records: createRecordReader(db),
    deadItems: createDeadItems(db),
    replayLedger: createReplayLedger(db),
    sessions: createSessions(db, apiKeys, people, sessions),
    notifications: createNotificationStore(db),
    serviceMaps: createServiceMaps(db),
    signedRequests: createSignedRequests(db),
    changeLooks: createChangeLooks(db),
    watchPositions: createWatchPositions(db),
    ownLag: createOwnLagStore(db),
    ownProcesses: createOwnProcesses(db),
    maintenance: createMaintenance(db),
  };
}
