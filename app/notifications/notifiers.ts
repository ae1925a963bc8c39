// The notifiers that the configuration lists, each with its secret and its routing.

import type { NotifierParts, NotifierVendor } from '../../adapters/channel-vendor.ts';
import { notifierVendors } from '../../adapters/channels.ts';
import type { RoutedChannel } from '../../api/notifications/ports.ts';
import type { Config } from '../../config/load.ts';
import { notifierVariable } from '../../config/sections/notifiers.ts';
import { ExitError, exitCodes } from '../exit.ts';
import type { ChannelsPlatform } from './chats.ts';
import { contextOf } from './chats.ts';

type Notifier = Config['notifiers'][number];

/** Throws when one lacks its secret. */
export async function createNotifiers(platform: ChannelsPlatform): Promise<readonly RoutedChannel[]> {
  const { config } = platform;
  return Promise.all(
    config.notifiers.map(async (notifier) => {
      const lacking = missingSecret(notifier, config);
      if (lacking !== null) throw new ExitError(exitCodes.usage, needs(notifier, lacking));
      const { create } = await notifierParts(notifier);
      return {
        channel: create(notifier, secretOf(notifier, config), contextOf(platform)),
        route: notifier.route,
      };
    }),
  );
}

function needs({ name }: Notifier, what: string): string {
  return `The notifier "${name}" needs ${what}: set ${notifierVariable(name)} in the environment.`;
}

/** What it needs and does not have, such as `a signing secret`; null when it has what it needs. */
export function missingSecret(
  notifier: Notifier,
  { notifierSecrets }: Pick<Config, 'notifierSecrets'>,
): string | null {
  const what = vendorOf(notifier).secretFor(notifier);
  return what === null || (notifierSecrets[notifier.name] ?? null) !== null ? null : what;
}

/** Empty where none is needed. */
export function secretOf({ name }: Notifier, { notifierSecrets }: Pick<Config, 'notifierSecrets'>): string {
  return notifierSecrets[name]?.reveal() ?? '';
}

/** The parts of the vendor that this configuration is for. */
export function notifierParts(notifier: Notifier): Promise<NotifierParts<Notifier>> {
  return vendorOf(notifier).load() as Promise<NotifierParts<Notifier>>;
}

function vendorOf({ type }: Notifier): NotifierVendor {
  return notifierVendors[type] as unknown as NotifierVendor;
}
