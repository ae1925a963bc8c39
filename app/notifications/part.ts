// The ways to people that the configuration names, and the notification dispatcher that keeps them up to date.

import { type NotificationDispatcher, startDispatcher } from '../../api/notifications/dispatcher.ts';
import type { IncidentMessenger } from '../../api/ports/messenger.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import type { Platform } from '../platform.ts';
import { chatChannels } from './chats.ts';
import { createNotifiers } from './notifiers.ts';

/** Null when no channel is configured. */
export async function startNotifications(
  platform: Platform,
  messenger: IncidentMessenger,
  shutdown: Shutdown,
): Promise<NotificationDispatcher | null> {
  const channels = [...(await chatChannels(platform)), ...(await createNotifiers(platform))];
  if (channels.length === 0) return null;
  const { stores, metrics, log } = platform;
  const dispatcher = startDispatcher({
    channels,
    incidents: stores.incidentReader,
    approvals: stores.approvals,
    silences: stores.silences,
    store: stores.notifications,
    messenger,
    metrics,
    log,
  });
  shutdown.add('notifications', dispatcher.stop);
  return dispatcher;
}
