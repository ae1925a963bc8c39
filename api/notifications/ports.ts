// What the notification dispatcher needs: channels to people (chat, pager, mail, webhook), and a store of what each channel was told.

import type { Briefing } from '../../domain/incident/briefing.ts';
import type { Call } from '../../domain/incident/chain.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { Moment } from '../../domain/incident/moments.ts';
import type { Severity } from '../../domain/scope.ts';

/** What a channel wants to know again next time about one incident (ids of its messages, say): plain JSON, small. */
export type ChannelMemory = Readonly<Record<string, unknown>>;

export type Delivery = {
  /** The incident as it is now. */
  readonly briefing: Briefing;
  /** What happened since this channel was last told, oldest first; of very many only the latest. */
  readonly events: readonly IncidentEvent[];
  /** Why it is told, as far as it is a moment it was configured for; empty for an update to those who follow. */
  readonly moments: readonly Moment[];
  /** What the channel handed back or remembered last; null the first time. */
  readonly memory: ChannelMemory | null;
  /** Whether people are to be interrupted; `because` is given once, with the delivery that calls them again. */
  readonly call: Call;
  /** The first incident with the same symptom that this channel was told of: its conversation goes on. Null: none was. */
  readonly conversation: Conversation | null;
  /** A later incident goes on with the conversation of this one, and this channel was told of it. */
  readonly continued: boolean;
  /**
   * Stores memory at once, in the middle of a delivery: before a call that must not be made twice, and after it. Throws when
   * somebody else has taken the delivery over; let it pass.
   */
  remember(memory: ChannelMemory): Promise<void>;
  /** Aborted when the delivery takes too long. */
  readonly signal: AbortSignal;
};

export type Conversation = { readonly incidentId: string; readonly memory: ChannelMemory | null };

export type DeliveryResult =
  | { readonly kind: 'delivered'; readonly memory: ChannelMemory }
  /**
   * Not now: an outage, a limit. Tried again with growing pauses. `afterMs`: when the other side said how long to wait; no
   * other delivery of the channel is tried before either.
   */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Not before a person repairs something (a revoked token, an archived channel): said in the incident, tried seldom. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Never: the other side will not take this message. It is not tried again; the next events are. */
  | { readonly kind: 'refused'; readonly reason: string };

/** One configured way to people. Deliveries come at least once: whoever cannot bear two looks before sending. */
export interface Channel {
  /** Unique in the configuration and stable: the store knows the channel by it. Part of metrics and notes. */
  readonly name: string;
  /** As people call it, for notes in the incident: `Slack #incidents`. */
  readonly title: string;
  /**
   * `everything`: once it was told of an incident it hears every event (a card that is edited in place). `moments`: only the
   * moments it was configured for, and the end of what it was told of.
   */
  readonly follows: 'everything' | 'moments';
  /** Brings this channel up to date with one incident. A throw counts as `retry`. Never called twice at once for one incident. */
  deliver(delivery: Delivery): Promise<DeliveryResult>;
}

/** Which incidents and moments are a channel's business. */
export type Route = {
  readonly severities: readonly Severity[];
  /** Names or patterns with `*`. */
  readonly environments: readonly string[];
  readonly moments: readonly Moment[];
  /** Least time between two messages about one incident, but for the first, approvals and the end. */
  readonly cooldownMs: number;
};

export type RoutedChannel = {
  readonly channel: Channel;
  readonly route: Route;
  /** Deliveries under way at the same time. Default 4. */
  readonly concurrency?: number;
};

/** One incident that a channel has not been told the latest of, taken under a lease. */
export type TakenNotification = {
  readonly channel: string;
  readonly incidentId: string;
  readonly lease: string;
  readonly deliveredSeq: number;
  readonly memory: ChannelMemory | null;
  /** How long ago it was last told; null when it never was. */
  readonly toldAgoMs: number | null;
  /** It was told without calling anybody. */
  readonly quiet: boolean;
  /** It is taken to be looked at again, whether or not there is news. */
  readonly lookAgain: boolean;
  /** By the clock of the store. */
  readonly nowMs: number;
  /** Failures in a row, and since when. */
  readonly attempts: number;
  readonly failingSinceMs: number | null;
  /** `failingSinceMs` of the failure that a note in the incident speaks of; null when none does. */
  readonly notedSinceMs: number | null;
};

export type Settlement =
  | {
      readonly kind: 'told';
      readonly deliveredSeq: number;
      readonly memory: ChannelMemory;
      readonly quiet: boolean;
      /** When it is looked at again without any news; null: not before there is some. */
      readonly lookAgainAtMs: number | null;
      /** The incident before, whose message leads here: looked at again, if the channel was told of it, though nothing happened in it. */
      readonly before: string | null;
    }
  /** Nothing of it was the channel's business, or the other side will never take it. */
  | {
      readonly kind: 'skipped';
      readonly deliveredSeq: number;
      readonly reason: string | null;
      readonly lookAgainAtMs: number | null;
    }
  /** What was known up to `judgedSeq` can wait. Whatever was noticed meanwhile may be urgent, and is judged at once. */
  | { readonly kind: 'postponed'; readonly judgedSeq: number; readonly forMs: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryInMs: number };

/** Thrown when a lease has run out and somebody else works on the incident: stop, whatever was done is theirs to find. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface NotificationStore {
  /** Makes a channel known. Incidents that change from then on are its business. Idempotent. */
  register(channel: string): Promise<void>;
  /** Notices every incident that changed since the last look, however its transaction overlapped with it. */
  notice(channel: string): Promise<void>;
  /** Incidents that are due, oldest first, each to one taker at a time until the lease ends. */
  take(channel: string, limit: number, leaseMs: number): Promise<readonly TakenNotification[]>;
  /** Throws LeaseLost. */
  remember(taken: TakenNotification, memory: ChannelMemory): Promise<void>;
  /** Ends the lease. Throws LeaseLost. Answers since when it fails now, null when it does not. */
  settle(taken: TakenNotification, settlement: Settlement): Promise<number | null>;
  /** Remembers that a note in the incident speaks of this failure (null: of none any more). */
  noted(channel: string, incidentId: string, failingSinceMs: number | null): Promise<void>;
  /** Those of the incidents that the channel was told of, with what it remembers of each. */
  told(channel: string, incidentIds: readonly string[]): Promise<ReadonlyMap<string, ChannelMemory | null>>;
  /** How many incidents a channel has not been told the latest of. */
  waiting(channel: string): Promise<number>;
}
