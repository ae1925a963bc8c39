// The two streams: what happens in all incidents, and the timeline of one. Both go on where their reader stopped: first
// comes what is stored, page by page as fast as it is read, then what is new.

import { createTurns } from '../../domain/turns.ts';
import type { IncidentReader } from '../ports/incidents.ts';
import { frame, heartbeat, joined, retryFrame } from './frames.ts';
import { createHub, type HubOptions, type News, newsOf, type Subscription } from './hub.ts';
import type { Ending, Taken } from './mailbox.ts';
import type { NoRoom, StreamReader } from './readers.ts';
import { streamResponse } from './response.ts';

export type StreamsOptions = HubOptions & {
  readonly incidents: Pick<IncidentReader, 'timeline'>;
  /** Default 15 s: proxies close a connection that is quiet for longer than a minute or so. */
  readonly heartbeatMs?: number;
  /** Then the reader comes back and says again who it is. Default half an hour. */
  readonly longestMs?: number;
  /** A reader that missed more positions than this is told to start over. Default 10 000. */
  readonly longestBacklog?: number;
};

export type Streams = {
  /** Why one more reader has no room here; null when it has. */
  roomProblem(reader: StreamReader): NoRoom | null;
  /** Where the stream of all incidents stands: what is read after this call may be followed from here. */
  head(): Promise<number>;
  /** Everything after a position that the reader's key reaches; null: everything that is new. */
  news(reader: StreamReader, after: number | null): Response;
  /** Everything after one event of one incident; 0: from the first. */
  timeline(reader: StreamReader, incidentId: string, afterSeq: number): Response;
  /** Ends all streams; their readers come back and find the next process. */
  close(): Promise<void>;
};

type Frames = AsyncGenerator<Uint8Array, void>;
const pageSize = 100;
/** Reads of what is stored at a time. After a restart all readers come at once, and the gate needs the database, too. */
const readsAtOnce = 2;

/** Whoever gets this fetches what it shows anew; the stream goes on after `id`. */
const resync = (id: number, reason: 'unknown-position' | 'too-far-behind' | 'too-slow') =>
  frame({ event: 'resync', id, data: { reason } });

/** Always the first: from now on the reader knows where it stands, even when nothing happens for days. */
const ready = (id: number) => frame({ event: 'ready', id, data: {} });

export function createStreams(options: StreamsOptions): Streams {
  const { feed, incidents, log } = options;
  const { heartbeatMs = 15_000, longestMs = 1_800_000, longestBacklog = 10_000 } = options;
  const hub = createHub(options);
  const inTurn = createTurns(readsAtOnce);
  const hint = () => retryFrame(1_000 + Math.random() * 1_000);

  async function* newsFrames(reader: StreamReader, after: number | null, signal: AbortSignal): Frames {
    const live = await hub.subscribe(reader, null, signal);
    if (live === null) return;
    let last = after ?? live.from;
    const missed = live.from - last;
    if (missed > longestBacklog || !(await feed.reaches(last))) {
      last = live.from;
      yield joined([hint(), resync(last, missed > 0 ? 'too-far-behind' : 'unknown-position')]);
    } else yield joined([hint(), ready(last)]);
    while (last < live.from && !live.isEnded()) {
      const page = await inTurn(() => feed.read(last, pageSize));
      if (page.length === 0) break;
      const own = page.map(newsOf).filter((news) => news.isFor(reader.principal));
      if (own.length > 0) yield joined(own.map((news) => news.asNews()));
      last = page.at(-1)?.position ?? last;
    }
    for await (const taken of arrivals(live)) {
      if (taken.kind !== 'items') {
        const words = aside(taken, last);
        if (words !== null) yield words;
        continue;
      }
      const unseen = taken.items.filter(({ position }) => position > last);
      if (unseen.length > 0) yield joined(unseen.map((news) => news.asNews()));
      last = unseen.at(-1)?.position ?? last;
    }
  }

  async function* timelineFrames(
    reader: StreamReader,
    incidentId: string,
    afterSeq: number,
    signal: AbortSignal,
  ): Frames {
    const live = await hub.subscribe(reader, incidentId, signal);
    if (live === null) return;
    const known = afterSeq === 0 || (await incidents.timeline(incidentId, afterSeq - 1, 1)).length > 0;
    let last = known ? afterSeq : 0;
    yield joined([hint(), known ? ready(last) : resync(last, 'unknown-position')]);
    async function* stored(): Frames {
      for (let count = pageSize; count === pageSize && !live?.isEnded(); ) {
        const page = await inTurn(() => incidents.timeline(incidentId, last, pageSize));
        count = page.length;
        if (count > 0)
          yield joined(page.map((event) => frame({ event: 'timeline-event', id: event.seq, data: event })));
        last = page.at(-1)?.seq ?? last;
      }
    }
    yield* stored();
    for await (const taken of arrivals(live)) {
      if (taken.kind !== 'items') {
        const words = aside(taken, last);
        if (words !== null) yield words;
        continue;
      }
      const unseen = taken.items.filter(({ seq }) => seq > last);
      const [next] = unseen;
      if (next === undefined) continue;
      if (next.seq === last + 1) {
        yield joined(unseen.map((news) => news.asEvent()));
        last = unseen.at(-1)?.seq ?? last;
      } else yield* stored();
    }
  }

  /** What comes for a reader until it is over, or until it has to come back. */
  async function* arrivals(live: Subscription): AsyncGenerator<Taken<News>, void> {
    const renewalAt = performance.now() + longestMs * (1 - Math.random() / 10);
    for (let leftMs = longestMs; leftMs > 0; leftMs = renewalAt - performance.now()) {
      const taken = await live.take(Math.min(heartbeatMs, leftMs));
      yield taken;
      if (taken.kind === 'ended') return;
    }
  }

  const open = (frames: (signal: AbortSignal) => Frames): Response =>
    streamResponse(frames, (error) => log.warn({ err: error }, 'a stream was cut; its reader comes back'));

  return {
    roomProblem: hub.roomProblem,
    head: feed.head,
    news: (reader, after) => open((signal) => newsFrames(reader, after, signal)),
    timeline: (reader, incidentId, afterSeq) =>
      open((signal) => timelineFrames(reader, incidentId, afterSeq, signal)),
    close: hub.close,
  };
}

/** What a reader hears besides events; null: nothing, it is over. */
function aside(
  taken: { kind: 'quiet' } | { kind: 'ended'; ending: Ending },
  last: number,
): Uint8Array | null {
  if (taken.kind === 'quiet') return heartbeat;
  switch (taken.ending) {
    case 'too-slow':
      return resync(last, 'too-slow');
    case 'revoked':
    case 'logged-out':
      return frame({ event: 'revoked', id: last, data: {} });
    case 'shutdown':
    case 'gone':
      return null;
  }
}
