/** What the notification dispatcher hands to a channel, made up. */
import type { ChannelMemory, Delivery } from '../../api/notifications/ports.ts';
import type { Briefing } from '../../domain/incident/briefing.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';

export const incidentId = 'incident/0a1b2c/1';
export const incidentUrl = (id: string): string =>
  `https://sentinel.invalid/incidents/${encodeURIComponent(id)}`;

export function exampleBriefing(fields: Partial<Briefing> = {}): Briefing {
  return {
    incidentId,
    title: 'orders: errors up, 40 % instead of 0 %',
    severity: 'critical',
    environment: 'prod',
    service: 'orders',
    status: 'detected',
    outcome: null,
    attempt: 1,
    onsetMs: Date.UTC(2030, 0, 2, 3, 4, 0),
    openedAtMs: Date.UTC(2030, 0, 2, 3, 4, 5),
    closedAtMs: null,
    symptoms: [{ service: 'orders', text: 'orders fails 40 % of calls', onsetMs: 1, clearedMs: null }],
    moreAnomalies: 0,
    follows: null,
    continuedIn: [],
    returns: 0,
    diagnosis: null,
    plan: null,
    policy: null,
    approval: null,
    effects: [],
    verification: null,
    stopping: null,
    held: null,
    silenced: null,
    compensation: null,
    leftPaused: [],
    ending: null,
    ...fields,
  };
}

export const pendingApproval = {
  planHash: 'f'.repeat(64),
  outcome: 'pending',
  given: [],
  rejectedBy: null,
  reason: '',
  role: 'operator',
  quorum: 1,
  deadlineMs: Date.UTC(2030, 0, 2, 4, 0, 0),
  round: 1,
  because: null,
} as const;

/** Of one step, which deletes files. */
export const planForGood: NonNullable<Briefing['plan']> = {
  planHash: pendingApproval.planHash,
  attempt: 1,
  risk: 'medium',
  cause: 'sandbox full',
  reason: 'the sandbox is full',
  steps: [
    {
      action: 'clear-sandbox',
      target: 'prod/orders',
      executor: 'mock',
      parameters: [],
      before: '900 MB used',
      after: 'empty',
      risk: 'medium',
      downtimeSeconds: 0,
      blastRadius: 0,
      undo: { kind: 'cannot-be-undone', text: 'cannot be undone: deleted files stay deleted' },
    },
  ],
  answerTakesMs: null,
  preflight: null,
};

export type TestDelivery = Delivery & { readonly remembered: ChannelMemory[] };

/** `seq`: of the latest event. */
export function delivery(
  briefing: Briefing,
  fields: {
    seq?: number;
    moments?: Delivery['moments'];
    memory?: ChannelMemory | null;
    call?: Delivery['call'];
    conversation?: Delivery['conversation'];
    continued?: boolean;
    timeoutMs?: number;
  } = {},
): TestDelivery {
  const { seq = 1, moments = ['opened'], memory = null, timeoutMs = 5_000 } = fields;
  const { call = { kind: 'aloud', because: null }, conversation = null, continued = false } = fields;
  const remembered: ChannelMemory[] = [];
  const event = { type: 'note-added', noteId: 'n', actor: 'ada', text: 'x', seq, atMs: briefing.openedAtMs };
  return {
    briefing,
    events: [event as unknown as IncidentEvent],
    moments,
    memory,
    call,
    conversation,
    continued,
    remembered,
    remember: async (one) => void remembered.push(one),
    signal: AbortSignal.timeout(timeoutMs),
  };
}
