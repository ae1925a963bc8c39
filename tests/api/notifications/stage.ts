/** A dispatcher over real stores, with a channel that answers as it is told and notes what it hears. */
import { expect, vi } from 'vitest';
import type { Stores } from '../../../adapters/postgres/index.ts';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import {
  type DispatcherDeps,
  type NotificationDispatcher,
  startDispatcher,
} from '../../../api/notifications/dispatcher.ts';
import type { Channel, Delivery, DeliveryResult, Route } from '../../../api/notifications/ports.ts';
import type { LogFields, Logger } from '../../../api/ports/logger.ts';
import { moments } from '../../../domain/incident/moments.ts';
import { unique } from '../../adapters/postgres/fixtures.ts';

export const everything: Route = {
  severities: ['info', 'warning', 'critical'],
  environments: ['*'],
  moments,
  cooldownMs: 0,
};

export type Heard = {
  readonly incidentId: string;
  readonly moments: readonly string[];
  readonly seqs: number[];
};

export type TestChannel = Channel & {
  readonly heard: Heard[];
  answer: (delivery: Delivery, time: number) => Promise<DeliveryResult>;
};

export function testChannel(follows: Channel['follows'] = 'everything'): TestChannel {
  const name = unique('channel');
  const channel: TestChannel = {
    name,
    title: `Test ${name}`,
    follows,
    heard: [],
    answer: async (_delivery, time) => ({ kind: 'delivered', memory: { time } }),
    async deliver(delivery) {
      const { briefing, events, moments: why } = delivery;
      channel.heard.push({
        incidentId: briefing.incidentId,
        moments: why,
        seqs: events.map(({ seq }) => seq),
      });
      return channel.answer(delivery, channel.heard.length);
    },
  };
  return channel;
}

export type Note = { readonly incidentId: string; readonly noteId: string; readonly text: string };

export type DispatcherStage = {
  readonly notes: Note[];
  readonly warnings: { fields: LogFields; message: string }[];
  readonly metrics: ReturnType<typeof createMetrics>;
  /** Whether notes reach the incident. */
  messengerWorks: boolean;
  start(channel: Channel, route?: Partial<Route>, more?: Partial<DispatcherDeps>): NotificationDispatcher;
  stopAll(): Promise<void>;
};

export function dispatcherStage(stores: Stores): DispatcherStage {
  const running: NotificationDispatcher[] = [];
  const stage: DispatcherStage = {
    notes: [],
    warnings: [],
    metrics: createMetrics({ processMetrics: false }),
    messengerWorks: true,
    start(channel, route = {}, more = {}) {
      const dispatcher = startDispatcher({
        channels: [{ channel, route: { ...everything, ...route } }],
        incidents: stores.incidentReader,
        approvals: stores.approvals,
        silences: stores.silences,
        silencedRecheckMs: 20,
        store: stores.notifications,
        messenger: {
          async addNote(incidentId, noteId, _actor, text) {
            if (!stage.messengerWorks) throw new Error('connection refused');
            if (!stage.notes.some((note) => note.noteId === noteId))
              stage.notes.push({ incidentId, noteId, text });
            return { accepted: true, reason: '' };
          },
        },
        metrics: stage.metrics,
        log: collecting(stage.warnings),
        intervalMs: 5,
        ...more,
      });
      running.push(dispatcher);
      return dispatcher;
    },
    async stopAll() {
      await Promise.all(running.splice(0).map((dispatcher) => dispatcher.stop()));
    },
  };
  return stage;
}

function collecting(warnings: DispatcherStage['warnings']): Logger {
  const log: Logger = {
    debug() {},
    info() {},
    warn: (fields, message) => void warnings.push({ fields, message }),
    error: (fields, message) => void warnings.push({ fields, message }),
    child: () => log,
  };
  return log;
}

/** Waits until the condition holds; fails with its own message when it never does. */
export function until(condition: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(condition, { timeout: 60_000, interval: 5 });
}

/** Nothing is waiting for this channel: whatever it was going to hear, it has heard. */
export async function caughtUp(stores: Stores, channel: Channel): Promise<void> {
  await until(async () => {
    await stores.notifications.notice(channel.name);
    expect(await stores.notifications.waiting(channel.name)).toBe(0);
  });
}
