// One look at one incident for one channel: what is there to tell, tell it, and remember how it went.

import { briefing } from '../../domain/incident/briefing.ts';
import type { Call } from '../../domain/incident/chain.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { IncidentReader } from '../ports/incidents.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Silences } from '../ports/silences.ts';
import { noteFailure, noteRecovery, noteRefusal, type OutageNotesDeps } from './outage-notes.ts';
import { pauseAfterFailure } from './pauses.ts';
import { placeIn } from './place.ts';
import {
  type Channel,
  type DeliveryResult,
  LeaseLost,
  type NotificationStore,
  type RoutedChannel,
  type TakenNotification,
} from './ports.ts';
import { type Duty, dutyOf } from './routing.ts';
import { waitsForSilence } from './silenced.ts';

/** Of a channel that is far behind, this many of the latest events are told. */
const toldEvents = 200;

export type AttemptDeps = OutageNotesDeps & {
  readonly incidents: IncidentReader;
  /** Knows of a decision, and that the time is over, before the incident does. */
  readonly approvals: Pick<Approvals, 'standing'>;
  readonly silences: Pick<Silences, 'ofIncident'>;
  /** How often it is looked whether a silence is over that keeps something from being told. Default 30 s. */
  readonly silencedRecheckMs?: number;
  readonly store: NotificationStore;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** How long a channel may take. Well below the lease. */
  readonly timeoutMs: number;
};

export type AttemptResult = {
  readonly result: 'delivered' | 'nothing' | 'postponed' | 'retry' | 'blocked' | 'refused' | 'lost';
  /** The other side wants no delivery of this channel for so long. */
  readonly quietMs: number;
};

/** Rejects only when the store cannot be reached. */
export async function attempt(
  taken: TakenNotification,
  routed: RoutedChannel,
  deps: AttemptDeps,
): Promise<AttemptResult> {
  try {
    const answer = await tell(taken, routed, deps);
    if (answer.result !== 'nothing' && answer.result !== 'postponed') {
      const labels = { channel: routed.channel.name, result: answer.result };
      deps.metrics.count('sentinel_notifications_total', labels);
    }
    return answer;
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    return { result: 'lost', quietMs: 0 };
  }
}

async function tell(
  taken: TakenNotification,
  { channel, route }: RoutedChannel,
  deps: AttemptDeps,
): Promise<AttemptResult> {
  const { incidents, store } = deps;
  const { incidentId, toldAgoMs } = taken;
  const told = toldAgoMs !== null;
  const found = await incidents.get(incidentId);
  if (found === null) throw new Error(`incident ${incidentId} was noticed but cannot be read`);
  const { state } = found;
  const latest = await incidents.timeline(incidentId, Math.max(0, state.lastSeq - toldEvents), toldEvents);
  const timeline = latest.filter(({ seq }) => seq <= state.lastSeq);
  const events = timeline.filter(({ seq }) => seq > taken.deliveredSeq);
  const place = await placeIn(taken, channel, state, deps);
  const { call } = place;
  const again = told && call.kind === 'aloud' && taken.quiet ? 'calls' : taken.lookAgain ? 'looks' : null;
  const duty = dutyOf({ state, events, told, again, follows: channel.follows, route });
  if (duty.kind === 'nothing') {
    const deliveredSeq = state.lastSeq;
    await store.settle(taken, { kind: 'skipped', deliveredSeq, reason: null, lookAgainAtMs: null });
    return { result: 'nothing', quietMs: 0 };
  }
  const telling = { incidentId, events, told, calls: again === 'calls', duty };
  if (await waitsForSilence(telling, deps.silences)) {
    const { silencedRecheckMs: forMs = 30_000 } = deps;
    await store.settle(taken, { kind: 'postponed', judgedSeq: state.lastSeq, forMs });
    return { result: 'postponed', quietMs: 0 };
  }
  const leftMs = cooldownLeftMs(duty, toldAgoMs, route.cooldownMs);
  if (leftMs > 0) {
    await store.settle(taken, { kind: 'postponed', judgedSeq: state.lastSeq, forMs: leftMs });
    return { result: 'postponed', quietMs: 0 };
  }
  const { evidence } = await incidents.details(incidentId);
  const { planHash = null } = state.approval ?? {};
  const approval = planHash === null ? null : await deps.approvals.standing(incidentId, planHash);
  const result = await withinTime(deps.timeoutMs, (signal) =>
    channel.deliver({
      briefing: briefing({ state, evidence, timeline, continuedIn: place.continuedIn, approval }),
      events,
      moments: duty.moments,
      memory: taken.memory,
      call,
      conversation: place.conversation,
      continued: place.continued,
      remember: (memory) => store.remember(taken, memory),
      signal,
    }),
  );
  const lookAgainAtMs = nextLookAtMs(state, call, approval?.outcome === 'pending');
  const before = told ? null : place.before;
  return settle(taken, channel, result, { deliveredSeq: state.lastSeq, call, lookAgainAtMs, before }, deps);
}

type Told = {
  readonly deliveredSeq: number;
  readonly call: Call;
  readonly lookAgainAtMs: number | null;
  readonly before: string | null;
};

/** When what is shown is not true any more although nothing happened: a question after its deadline, a quiet page that stays. */
function nextLookAtMs({ approval, status }: IncidentState, call: Call, asked: boolean): number | null {
  // A question is never asked quietly, so there is no earlier of the two.
  if (call.kind === 'quietly') return call.lookAgainAtMs;
  return asked && approval !== null && status === 'awaiting-approval' ? approval.deadlineMs + 1 : null;
}

async function settle(
  taken: TakenNotification,
  channel: Channel,
  result: DeliveryResult,
  { deliveredSeq, call, lookAgainAtMs, before }: Told,
  deps: AttemptDeps,
): Promise<AttemptResult> {
  const { store, log } = deps;
  const { incidentId, notedSinceMs } = taken;
  switch (result.kind) {
    case 'delivered':
      await store.settle(taken, {
        ...{ kind: 'told', deliveredSeq, memory: result.memory, lookAgainAtMs, before },
        quiet: call.kind === 'quietly',
      });
      await noteRecovery(channel, incidentId, notedSinceMs, deps);
      return { result: 'delivered', quietMs: 0 };
    case 'refused':
      log.error({ channel: channel.name, incidentId, reason: result.reason }, 'a notification was refused');
      await store.settle(taken, { kind: 'skipped', deliveredSeq, reason: result.reason, lookAgainAtMs });
      await noteRefusal(channel, incidentId, result.reason, deps);
      return { result: 'refused', quietMs: 0 };
    case 'retry':
    case 'blocked': {
      const { kind, reason } = result;
      const quietMs = result.kind === 'retry' ? (result.afterMs ?? 0) : 0;
      const retryInMs = Math.max(
        quietMs,
        pauseAfterFailure(taken.attempts, kind === 'blocked', Math.random()),
      );
      log.warn(
        { channel: channel.name, incidentId, reason, retryInMs },
        'a notification could not be delivered',
      );
      const sinceMs = await store.settle(taken, { kind: 'failed', reason, retryInMs });
      const failure = { reason, blocked: kind === 'blocked', failures: taken.attempts + 1, notedSinceMs };
      if (sinceMs !== null) await noteFailure(channel, incidentId, { ...failure, sinceMs }, deps);
      return { result: kind, quietMs };
    }
  }
}

function cooldownLeftMs(
  { urgent }: Exclude<Duty, { kind: 'nothing' }>,
  toldAgoMs: number | null,
  ms: number,
): number {
  return urgent || toldAgoMs === null ? 0 : Math.max(0, ms - toldAgoMs);
}

/** A throw, and silence past the time, are reasons to try again. The lease being lost is not the channel's doing. */
async function withinTime(
  timeoutMs: number,
  deliver: (signal: AbortSignal) => Promise<DeliveryResult>,
): Promise<DeliveryResult> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<DeliveryResult>((resolve) => {
    timer = setTimeout(() => {
      late.abort();
      resolve({ kind: 'retry', reason: `no answer within ${timeoutMs / 1000} s` });
    }, timeoutMs);
  });
  try {
    return await Promise.race([deliver(late.signal), timeout]);
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    return { kind: 'retry', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
