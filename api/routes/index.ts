// Every route there is. docs/api.md and the permission tests are made from this table.

import type { Route } from '../http/route.ts';
import { actionList } from './actions.ts';
import { agentAnswer, agentHello, agentNext, agentPermit } from './agents.ts';
import { auditQuery, auditVerification } from './audit.ts';
import { codecDecode } from './codec-decode.ts';
import { components } from './components.ts';
import { deadLetterDetail, deadLetterList, deadLetterReplay } from './dead-letters.ts';
import { decideApproval } from './decide-approval.ts';
import { explain } from './explain.ts';
import { health, healthDetailed, ready } from './health.ts';
import { incidentActions } from './incident-actions.ts';
import { incidentAnalysis } from './incident-analysis.ts';
import { incidentDetail } from './incident-detail.ts';
import { incidentEvidence } from './incident-evidence.ts';
import { incidentList } from './incident-list.ts';
import { incidentMembers } from './incident-members.ts';
import { incidentPlan } from './incident-plan.ts';
import { incidentTimeline } from './incident-timeline.ts';
import { infrastructureStatus } from './infrastructure-status.ts';
import { abort, addNote, closeIncident, takeOver } from './interventions.ts';
import { inventoryList } from './inventory.ts';
import { keyCreate, keyList, keyRevoke } from './keys.ts';
import { killSwitchList, killSwitchSet } from './kill-switch.ts';
import { loginLink } from './login-link.ts';
import { metrics } from './metrics.ts';
import { pendingApprovals } from './pending-approvals.ts';
import { policyTrial } from './policy-trial.ts';
import { openApi, reference, referenceStyle } from './reference.ts';
import { resourceUsage } from './resource-usage.ts';
import { rollBackEffect, standingEffects } from './roll-back.ts';
import { seriesQuery } from './series.ts';
import { serviceList } from './services.ts';
import { settleEffect } from './settle-effect.ts';
import {
  incidentSilenced,
  serviceSilenced,
  silenceChange,
  silenceCreate,
  silenceDetail,
  silenceEnd,
  silenceList,
  silencePreviewed,
} from './silences.ts';
import { slackEvents } from './slack-events.ts';
import { stream, timelineStream } from './streams.ts';
import { breakerList, breakerReset, trackRecord } from './track-record.ts';

export const routes: readonly Route[] = [
  incidentList,
  incidentDetail,
  incidentTimeline,
  incidentMembers,
  timelineStream,
  incidentEvidence,
  incidentAnalysis,
  incidentPlan,
  incidentActions,
  stream,
  decideApproval,
  takeOver,
  abort,
  closeIncident,
  addNote,
  pendingApprovals,
  actionList,
  policyTrial,
  codecDecode,
  seriesQuery,
  serviceList,
  explain,
  deadLetterList,
  deadLetterDetail,
  deadLetterReplay,
  infrastructureStatus,
  inventoryList,
  resourceUsage,
  killSwitchList,
  killSwitchSet,
  silenceList,
  silenceCreate,
  silencePreviewed,
  silenceDetail,
  silenceChange,
  silenceEnd,
  incidentSilenced,
  serviceSilenced,
  breakerList,
  breakerReset,
  trackRecord,
  settleEffect,
  standingEffects,
  rollBackEffect,
  keyList,
  keyCreate,
  keyRevoke,
  loginLink,
  auditQuery,
  auditVerification,
  slackEvents,
  agentHello,
  agentNext,
  agentPermit,
  agentAnswer,
  components,
  health,
  ready,
  healthDetailed,
  metrics,
  openApi,
  reference,
  referenceStyle,
];
