// The ways to people that the configuration names, and the herald that keeps them up to date.

import { type Herald, startHerald } from '../../api/notifications/herald.ts';
import type { RoutedChannel } from '../../api/notifications/ports.ts';
import type { IncidentMessenger } from '../../api/ports.ts';
import type { Closing } from './closing.ts';
import type { Foundation } from './foundation.ts';

/** Null when no channel is configured. */
export function startNotifications(
  foundation: Foundation,
  messenger: IncidentMessenger,
  closing: Closing,
): Herald | null {
  const channels = channelsOf(foundation);
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
function channelsOf(_foundation: Foundation): readonly RoutedChannel[] {
  return [];
}
