// Every migration, in order. One that has been released is never edited: the next one changes what it made.

import type { Migration } from 'kysely/migration';
import { ingest } from './0001-ingest.ts';
import { incidents } from './0002-incidents.ts';
import { gate } from './0003-gate.ts';
import { audit } from './0004-audit.ts';
import { notifications } from './0005-notifications.ts';
import { eventFeed } from './0006-event-feed.ts';
import { sessions } from './0007-sessions.ts';
import { modelTurns } from './0008-model-turns.ts';
import { noticedSnapshot } from './0009-noticed-snapshot.ts';
import { sends } from './0010-sends.ts';
import { incidentStops } from './0014-incident-stops.ts';
import { incidentRestarts } from './0015-incident-restarts.ts';
import { keyLimits } from './0018-key-limits.ts';
import { diagnoses } from './0019-diagnoses.ts';
import { auditChain } from './0020-audit-chain.ts';
import { switchRole } from './0021-switch-role.ts';
import { ownLag } from './0023-own-lag.ts';
import { unvouched } from './0026-unvouched.ts';
import { eventIds } from './0031-event-ids.ts';
import { refusedTelemetry } from './0032-refused-telemetry.ts';
import { telemetryResources } from './0033-telemetry-resources.ts';
import { alerts } from './0034-alerts.ts';
import { keyHolders } from './0041-key-holders.ts';
import { auditCheck } from './0042-audit-check.ts';
import { closings } from './0047-closings.ts';
import { askedAgain } from './0048-asked-again.ts';
import { follows } from './0049-follows.ts';
import { oneConversation } from './0050-one-conversation.ts';
import { saidAgain } from './0051-said-again.ts';
import { targetKeys } from './0052-target-keys.ts';
import { acceptedEffects } from './0055-accepted-effects.ts';
import { effectOutcomes } from './0058-effect-outcomes.ts';
import { rollbacks } from './0060-rollbacks.ts';
import { alertSources } from './0064-alert-sources.ts';
import { agentKeys } from './0066-agent-keys.ts';
import { agents } from './0067-agents.ts';
import { ownProcesses } from './0069-own-processes.ts';
import { breakerRows } from './0073-breaker-rows.ts';
import { changeLooks } from './0074-change-looks.ts';
import { crowds } from './0080-crowds.ts';
import { inboxServices } from './0083-inbox-services.ts';
import { deadLetters } from './0086-dead-letters.ts';
import { silences } from './0087-silences.ts';
import { watchPositions } from './0091-watch-positions.ts';
import { learnt } from './0094-learnt.ts';
import { memory } from './0095-memory.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001-ingest': ingest,
  '0002-incidents': incidents,
  '0003-gate': gate,
  '0004-audit': audit,
  '0005-notifications': notifications,
  '0006-event-feed': eventFeed,
  '0007-sessions': sessions,
  '0008-model-turns': modelTurns,
  '0009-noticed-snapshot': noticedSnapshot,
  '0010-sends': sends,
  '0014-incident-stops': incidentStops,
  '0015-incident-restarts': incidentRestarts,
  '0018-key-limits': keyLimits,
  '0019-diagnoses': diagnoses,
  '0020-audit-chain': auditChain,
  '0021-switch-role': switchRole,
  '0023-own-lag': ownLag,
  '0026-unvouched': unvouched,
  '0031-event-ids': eventIds,
  '0032-refused-telemetry': refusedTelemetry,
  '0033-telemetry-resources': telemetryResources,
  '0034-alerts': alerts,
  '0041-key-holders': keyHolders,
  '0042-audit-check': auditCheck,
  '0047-closings': closings,
  '0048-asked-again': askedAgain,
  '0049-follows': follows,
  '0050-one-conversation': oneConversation,
  '0051-said-again': saidAgain,
  '0052-target-keys': targetKeys,
  '0055-accepted-effects': acceptedEffects,
  '0058-effect-outcomes': effectOutcomes,
  '0060-rollbacks': rollbacks,
  '0064-alert-sources': alertSources,
  '0066-agent-keys': agentKeys,
  '0067-agents': agents,
  '0069-own-processes': ownProcesses,
  '0073-breaker-rows': breakerRows,
  '0074-change-looks': changeLooks,
  '0080-crowds': crowds,
  '0083-inbox-services': inboxServices,
  '0086-dead-letters': deadLetters,
  '0087-silences': silences,
  '0091-watch-positions': watchPositions,
  '0095-memory': memory,
  '0094-learnt': learnt,
};
