// The notifiers that the configuration lists, each with its secret and its routing.

import { createEmailChannel } from '../../adapters/email/channel.ts';
import { createPagerDutyChannel } from '../../adapters/pagerduty/channel.ts';
import { createWebhookChannel } from '../../adapters/webhook/channel.ts';
import type { Channel, RoutedChannel } from '../../api/notifications/ports.ts';
import type { Config } from '../../config/load.ts';
import { notifierVariable } from '../../config/sections/notifiers.ts';
import { ExitError, exitCodes } from '../exit.ts';
import { incidentUrl } from '../links.ts';

type Notifier = Config['notifiers'][number];
type LinkTo = (incidentId: string) => string | null;

/** Throws when one lacks its secret. */
export function createNotifiers(config: Config, clock: { nowMs(): number }): readonly RoutedChannel[] {
  const linkTo: LinkTo = (incidentId) => incidentUrl(config, incidentId);
  return config.notifiers.map((notifier) => ({
    channel: create(notifier, config.notifierSecrets[notifier.name]?.reveal() ?? null, linkTo, clock),
    route: notifier.route,
  }));
}

function create(
  notifier: Notifier,
  secret: string | null,
  linkTo: LinkTo,
  clock: { nowMs(): number },
): Channel {
  const { name } = notifier;
  const needed = (what: string): string => {
    if (secret !== null) return secret;
    const variable = notifierVariable(name);
    throw new ExitError(
      exitCodes.usage,
      `The notifier "${name}" needs ${what}: set ${variable} in the environment.`,
    );
  };
  switch (notifier.type) {
    case 'pagerduty':
      return createPagerDutyChannel({
        name,
        url: notifier.url,
        routingKey: needed('the PagerDuty integration key'),
        incidentUrl: linkTo,
      });
    case 'webhook':
      return createWebhookChannel({
        name,
        url: notifier.url,
        secret: needed('a signing secret'),
        follows: notifier.follow,
        incidentUrl: linkTo,
        nowMs: clock.nowMs,
      });
    case 'email': {
      const { host, port, tls, username, from, to } = notifier;
      const auth =
        username === undefined ? null : { username, password: needed(`the password for ${username}`) };
      return createEmailChannel({ name, host, port, tls, auth, from, to, incidentUrl: linkTo });
    }
  }
}
