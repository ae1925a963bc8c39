// A reader of a stream that never gives up: it comes back with the id of the last message, and keeps count.

import { setTimeout as pause } from 'node:timers/promises';
import { readMessages } from '../../cli/event-stream.ts';

export type Received = { readonly id: number; readonly lagMs: number; readonly live: boolean };

export type BenchReader = {
  readonly path: string;
  /** Where it started: it is owed everything after that. */
  from(): number | null;
  readonly received: readonly Received[];
  /** How often it was told to start over; it then takes what it is told for granted. */
  resyncs(): number;
  connections(): number;
  isConnected(): boolean;
  /** Breaks the connection, as a network does. */
  cut(): void;
  stop(): void;
};

export type ReaderOptions = {
  /** Asked for each connection: another process may answer the next one. */
  readonly address: () => string;
  readonly path: string;
  readonly apiKey: string;
};

export function startReader({ address, path, apiKey }: ReaderOptions): BenchReader {
  const received: Received[] = [];
  let from: number | null = null;
  let last: number | null = null;
  let resyncs = 0;
  let connections = 0;
  let stopped = false;
  let current: AbortController | null = null;
  let connectedAtMs: number | null = null;

  const connect = async (): Promise<void> => {
    current = new AbortController();
    const response = await fetch(`${address()}${path}`, {
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(last === null ? {} : { 'last-event-id': `${last}` }),
      },
      signal: current.signal,
    });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    connections += 1;
    for await (const { event, id, data } of readMessages(response.body)) {
      const nowMs = Date.now();
      connectedAtMs ??= nowMs;
      last = Number(id);
      from ??= last;
      if (event === 'resync') resyncs += 1;
      if (event !== 'incident-event' && event !== 'timeline-event') continue;
      const { atMs } = JSON.parse(data) as { atMs: number };
      received.push({ id: last, lagMs: nowMs - atMs, live: atMs >= connectedAtMs });
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      await connect().catch(() => {});
      connectedAtMs = null;
      await pause(Math.random() * 100);
    }
  };
  void run();
  return {
    path,
    received,
    from: () => from,
    resyncs: () => resyncs,
    connections: () => connections,
    isConnected: () => connectedAtMs !== null,
    cut: () => current?.abort(),
    stop() {
      stopped = true;
      current?.abort();
    },
  };
}
