/** Slack's clicks against the real stores: a fake Slack, the receiver, and an incident's workflow that takes everything. */

import type { Stores } from '../../../../adapters/postgres/index.ts';
import { type SlackInboundOptions, startSlackInbound } from '../../../../adapters/slack/inbound/inbound.ts';
import { slackKeyId } from '../../../../adapters/slack/inbound/people.ts';
import { createWebClient } from '../../../../adapters/slack/web-client.ts';
import { createMetrics } from '../../../../adapters/telemetry/metrics.ts';
import type { Refused } from '../../../../api/http/refusal-audit.ts';
import type { Logger } from '../../../../api/ports/logger.ts';
import {
  asForm,
  type Click,
  clickPayload,
  type SignedRequest,
  signed,
  signingSecret,
} from '../../../../bench/support/slack/interactions.ts';
import { botToken, type FakeSlack } from '../../../../bench/support/slack/server.ts';
import { silent } from '../../../support/fakes.ts';
import { chatUser, testPeople } from '../../../support/people.ts';

const people = {
  UADA: { name: 'ada', role: 'operator' },
  UBO: { name: 'bo', role: 'operator' },
  UEVE: { name: 'eve', role: 'viewer' },
  UCY: { name: 'cy', role: 'admin' },
} as const;

for (const [id, { name, role }] of Object.entries(people)) chatUser(slackKeyId(id), name, role);

const log: Logger = { ...silent, child: () => log };

export type InboundStage = {
  readonly metrics: ReturnType<typeof createMetrics>;
  /** What workflows were told. */
  readonly told: { readonly incidentId: string; readonly what: string }[];
  /** For the audit. */
  readonly refused: Refused[];
  /** Rollbacks that have a workflow. */
  readonly begun: string[];
  workflow: 'takes' | 'refuses' | 'unreachable';
  post(request: SignedRequest): Promise<Response>;
  click(click: Click): Promise<Response>;
  /** Waits for the work that was acknowledged. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

export function inboundStage(
  stores: Pick<Stores, 'approvals' | 'effects' | 'incidentReader' | 'rollbacks' | 'signedRequests' | 'stops'>,
  slack: FakeSlack,
  more: Partial<SlackInboundOptions> = {},
): InboundStage {
  const metrics = createMetrics({ processMetrics: false });
  const say = async (incidentId: string, what: string) => {
    if (stage.workflow === 'unreachable') throw new Error('connection refused');
    if (stage.workflow === 'refuses') return { accepted: false, reason: 'closed: the incident is closed' };
    stage.told.push({ incidentId, what });
    return { accepted: true, reason: '' };
  };
  const inbound = startSlackInbound({
    apiUrl: slack.apiUrl,
    botToken,
    signingSecret,
    appToken: null,
    client: createWebClient({ botToken, apiUrl: slack.apiUrl, log }),
    people: testPeople,
    incidents: stores.incidentReader,
    approvals: stores.approvals,
    stops: stores.stops,
    effects: stores.effects,
    rollbacks: stores.rollbacks,
    rollbackWorkflows: { start: async ({ requestId }) => void stage.begun.push(requestId) },
    requests: stores.signedRequests,
    refusals: { note: (refused) => void stage.refused.push(refused) },
    messenger: {
      approvalDecided: async (incidentId, { decision, actor }) => {
        if (stage.workflow === 'unreachable') throw new Error('connection refused');
        stage.told.push({ incidentId, what: `${decision} by ${actor}` });
      },
      takeOver: (incidentId, actor) => say(incidentId, `take-over by ${actor}`),
      abort: (incidentId, actor) => say(incidentId, `abort by ${actor}`),
      close: (incidentId, actor) => say(incidentId, `close by ${actor}`),
    },
    metrics,
    log,
    nowMs: () => Date.now(),
    ...more,
  });
  const stage: InboundStage = {
    metrics,
    told: [],
    refused: [],
    begun: [],
    workflow: 'takes',
    async post({ body, headers }) {
      if (inbound.receive === null) throw new Error('nothing is taken over HTTP');
      return inbound.receive(
        new Request('http://sentinel.test/api/slack/events', { method: 'POST', body, headers }),
      );
    },
    click: (click) => stage.post(signed(asForm(clickPayload(slack, click)))),
    // Stopping waits for what is under way and refuses nothing that comes later.
    settled: () => inbound.stop(),
    stop: () => inbound.stop(),
  };
  return stage;
}
