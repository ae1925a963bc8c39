// One look at the feed for all readers of this process: new events go to every mailbox they are for, and keys that were
// revoked lose their readers. It looks only while somebody reads.

import { reaches } from '../../domain/policy/reach.ts';
import type { EventFeed, FeedEvent } from '../ports/feed.ts';
import type { ApiKeys } from '../ports/keys.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Principal } from '../ports/principal.ts';
import { presentSummary } from '../present.ts';
import { frame } from './frames.ts';
import { createMailbox, type Ending, type Mailbox } from './mailbox.ts';
import { type NoRoom, roomProblem as problemOfRoom, type StreamReader, withoutSession } from './readers.ts';

/** A new event, written out once for all who read it. */
export type News = {
  readonly position: number;
  readonly seq: number;
  /** Whether it is about something that this principal's key reaches. */
  readonly isFor: (principal: Principal) => boolean;
  /** With a summary of its incident, for the stream of all incidents. */
  readonly asNews: () => Uint8Array;
  /** As it stands in the timeline. */
  readonly asEvent: () => Uint8Array;
};

export type Subscription = Pick<Mailbox<News>, 'take' | 'isEnded'> & {
  /** Everything after this position arrives in the mailbox. */
  readonly from: number;
};

export type HubOptions = {
  readonly feed: EventFeed;
  readonly apiKeys: Pick<ApiKeys, 'active'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Readers of this process at most. */
  readonly maxReaders: number;
  /** Pause between two looks when nothing is new. Default 200. */
  readonly pollMs?: number;
  /** A revoked key and a login that is over lose their readers this much later at most, and one look. Default 2000. */
  readonly checkKeysMs?: number;
  /** Events a reader may be behind before it is told to start over. Default 1000. */
  readonly mailboxCapacity?: number;
};

export type Hub = {
  /** Null when one more reader has room. */
  roomProblem(reader: StreamReader): NoRoom | null;
  /** Null when there is no room. Waits while the feed cannot be read. Ends with `gone` when the signal says so. */
  subscribe(
    reader: StreamReader,
    incidentId: string | null,
    signal: AbortSignal,
  ): Promise<Subscription | null>;
  /** Ends every reader, and lets nobody in any more. */
  close(): Promise<void>;
};

/** Well below the capacity of a mailbox: a reader that keeps up is never overrun by one look. */
const page = 200;
const pauseAfterFailureMs = 1_000;

type Reader = {
  readonly reader: StreamReader;
  readonly incidentId: string | null;
  readonly mailbox: Mailbox<News>;
  /** Says from where on it gets everything. Null once said. */
  admit: ((from: number) => void) | null;
};

export function createHub(options: HubOptions): Hub {
  const { feed, apiKeys, metrics, log, maxReaders } = options;
  const { pollMs = 200, checkKeysMs = 2_000, mailboxCapacity = 1_000 } = options;
  const readers = new Set<Reader>();
  let head = 0;
  let keysCheckedAt = 0;
  let closed = false;
  let wake = (): void => {};

  const drop = (reader: Reader, ending: Ending): void => {
    if (!readers.delete(reader)) return;
    reader.mailbox.end(ending);
    reader.admit?.(head);
    metrics.count('sentinel_stream_readers_ended_total', { reason: ending });
    metrics.gauge('sentinel_stream_readers', {}, readers.size);
  };

  const roomProblem = (one: StreamReader): NoRoom | null =>
    closed
      ? 'too-many-readers'
      : problemOfRoom(
          [...readers].map(({ reader }) => reader),
          one,
          maxReaders,
        );

  const newcomers = (): Reader[] => [...readers].filter(({ admit }) => admit !== null);

  /** After a silence nobody knows where the feed stands; otherwise whoever comes joins where the others are. */
  const admitNewcomers = async (): Promise<void> => {
    if (newcomers().length === readers.size) {
      head = await feed.head();
      keysCheckedAt = performance.now();
    }
    for (const reader of newcomers()) {
      reader.admit?.(head);
      reader.admit = null;
    }
  };

  const dropRevoked = async (): Promise<void> => {
    const asked = [...readers];
    const active = await apiKeys.active([...new Set(asked.map(({ reader }) => reader.principal.keyId))]);
    for (const one of asked) if (!active.has(one.reader.principal.keyId)) drop(one, 'revoked');
    for (const one of await withoutSession([...readers])) drop(one, 'logged-out');
    keysCheckedAt = performance.now();
  };

  const deliver = (events: readonly FeedEvent[]): void => {
    const news = events.map((event) => ({ incidentId: event.incident.id, item: newsOf(event) }));
    for (const reader of [...readers]) {
      // Newcomers are admitted after this, behind these events.
      if (reader.admit !== null) continue;
      const isFor = (id: string) => reader.incidentId === null || reader.incidentId === id;
      const own = news
        .filter(({ incidentId, item }) => isFor(incidentId) && item.isFor(reader.reader.principal))
        .map(({ item }) => item);
      if (own.length > 0 && !reader.mailbox.put(own)) drop(reader, 'too-slow');
    }
  };

  /** True when there is probably more. Nothing is delivered by a process that cannot see which keys were revoked. */
  const look = async (): Promise<boolean> => {
    await admitNewcomers();
    if (performance.now() - keysCheckedAt >= checkKeysMs) await dropRevoked();
    const events = await feed.read(head, page);
    head = events.at(-1)?.position ?? head;
    deliver(events);
    return events.length === page || newcomers().length > 0;
  };

  const pause = (ms: number | null): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    for (let failing = false; !closed; ) {
      try {
        const more = readers.size > 0 && (await look());
        if (failing) log.info({ readers: readers.size }, 'the event feed can be read again');
        failing = false;
        if (!more && !closed) await pause(readers.size > 0 ? pollMs : null);
      } catch (error) {
        if (!failing) log.warn({ err: error, readers: readers.size }, 'the event feed cannot be read now');
        failing = true;
        if (!closed) await pause(pauseAfterFailureMs);
      }
    }
  };
  const running = run();

  return {
    roomProblem,

    async subscribe(given, incidentId, signal) {
      if (signal.aborted || roomProblem(given) !== null) return null;
      const mailbox = createMailbox<News>(mailboxCapacity);
      const from = await new Promise<number>((admit) => {
        const reader: Reader = { reader: given, incidentId, mailbox, admit };
        readers.add(reader);
        metrics.gauge('sentinel_stream_readers', {}, readers.size);
        signal.addEventListener('abort', () => drop(reader, 'gone'), { once: true });
        wake();
      });
      return { from, take: mailbox.take, isEnded: mailbox.isEnded };
    },

    async close() {
      closed = true;
      for (const reader of [...readers]) drop(reader, 'shutdown');
      wake();
      await running;
    },
  };
}

/** Also for what is read from the store and not by way of the hub. */
export function newsOf({ position, incident, event }: FeedEvent): News {
  const { seq, type, atMs } = event;
  const data = { seq, type, atMs, incident: presentSummary(incident) };
  return {
    position,
    seq,
    isFor: ({ reach }) => reaches(reach, incident.environment, incident.service),
    asNews: once(() => frame({ event: 'incident-event', id: position, data })),
    asEvent: once(() => frame({ event: 'timeline-event', id: seq, data: event })),
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
