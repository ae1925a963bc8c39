// The ways to people that the configuration names, and the herald that keeps them up to date.

import { type Herald, startHerald } from '../../api/notifications/herald.ts';
import type { RoutedChannel } from '../../api/notifications/ports.ts';
import type { IncidentMessenger } from '../../api/ports.ts';
import type { Closing } from './closing.ts';
import type { Foundation } from './foundation.ts';
import { createNotifiers } from './notifiers.ts';
import { slackChannel } from './slack.ts';

/** Null when no channel is configured. */
export async function startNotifications(
  foundation: Foundation,
  messenger: IncidentMessenger,
  closing: Closing,
): Promise<Herald | null> {
  const channels = await channelsOf(foundation);
  if (channels.length === 0) return null;
  const { stores, metrics, log } = foundation;
  const herald = startHerald({
    channels,
    incidents: stores.incidentReader,
    store: stores.notifications,
    messenger,
    metrics,
    log,
  });
  closing.add('notifications', herald.stop);
  return herald;
}

/** One entry for each way to people; a new one is added here. */
async function channelsOf(foundation: Foundation): Promise<readonly RoutedChannel[]> {
  const { config, clock } = foundation;
  const all = [await slackChannel(foundation), ...createNotifiers(config, clock)];
  return all.filter((routed) => routed !== null);
}
