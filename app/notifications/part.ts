// The ways to people that the configuration names, and the notification dispatcher that keeps them up to date.

import { type NotificationDispatcher, startDispatcher } from '../../api/notifications/dispatcher.ts';
import type { RoutedChannel } from '../../api/notifications/ports.ts';
import type { IncidentMessenger } from '../../api/ports/messenger.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import type { Platform } from '../platform.ts';
import { createNotifiers } from './notifiers.ts';
import { slackChannel } from './slack.ts';

/** Null when no channel is configured. */
export async function startNotifications(
  platform: Platform,
  messenger: IncidentMessenger,
  shutdown: Shutdown,
): Promise<NotificationDispatcher | null> {
  const channels = await channelsOf(platform);
  if (channels.length === 0) return null;
  const { stores, metrics, log } = platform;
  const dispatcher = startDispatcher({
    channels,
    incidents: stores.incidentReader,
    approvals: stores.approvals,
    store: stores.notifications,
    messenger,
    metrics,
    log,
  });
  shutdown.add('notifications', dispatcher.stop);
  return dispatcher;
}

/** One entry for each way to people; a new one is added here. */
async function channelsOf(platform: Platform): Promise<readonly RoutedChannel[]> {
  const { config, clock } = platform;
  const all = [await slackChannel(platform), ...createNotifiers(config, clock)];
  return all.filter((routed) => routed !== null);
}
