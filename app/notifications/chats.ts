// The chats that are configured, in a process of the role `api`: the channels that incidents are told in, and the clicks that come
// back. The SDK of one is loaded only where it is configured.

import type {
  ChannelContext,
  ChatParts,
  ChatVendor,
  DecisionsFromChat,
} from '../../adapters/channel-vendor.ts';
import { chatVendors } from '../../adapters/channels.ts';
import type { RoutedChannel } from '../../api/notifications/ports.ts';
import type { Logger } from '../../api/ports/logger.ts';
import type { Config } from '../../config/load.ts';
import { missingVariable, secretsOf } from '../../config/secrets.ts';
import { type Routing, routeOf } from '../../config/sections/routing.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import { incidentUrl } from '../links.ts';
import type { Platform } from '../platform.ts';

export type ChannelsPlatform = Pick<Platform, 'config' | 'clock'> & { readonly log: Logger };

type Settings = Readonly<Record<string, unknown>>;
type Secrets = Readonly<Record<string, string | null>>;

/** A chat, with what the configuration says of it; which one it is only the configuration knows. */
export type Chat = {
  readonly title: string;
  readonly name: string;
  /** Undefined: it has no section. */
  readonly settings: (Settings & Routing) | undefined;
  readonly secrets: Secrets;
  /** A variable without which nothing is told there; null when all are set. */
  readonly missing: string | null;
  load(): Promise<ChatParts<Settings, Secrets>>;
};

export function chatsOf(config: Config): readonly Chat[] {
  return Object.entries(chatVendors).map(([name, given]) => {
    const vendor = given as unknown as ChatVendor;
    const secrets = secretsOf(vendor, config.vendorSecrets);
    return {
      name,
      secrets,
      title: vendor.title,
      settings: (config as unknown as Readonly<Record<string, (Settings & Routing) | undefined>>)[name],
      missing: missingVariable(vendor, config.vendorSecrets),
      load: () => vendor.load() as Promise<ChatParts<Settings, Secrets>>,
    };
  });
}

export async function chatChannels(platform: ChannelsPlatform): Promise<readonly RoutedChannel[]> {
  const channels: RoutedChannel[] = [];
  for (const { name, title, settings, secrets, missing, load } of chatsOf(platform.config)) {
    if (settings === undefined) continue;
    if (missing !== null) {
      platform.log.warn(
        {},
        `${name} is configured, but ${missing} is not set: nothing is posted to ${title}`,
      );
      continue;
    }
    const { create } = await load();
    channels.push({ channel: create(settings, secrets, contextOf(platform)), route: routeOf(settings) });
  }
  return channels;
}

/** What takes requests of a chat over HTTP, by its name. Those that come in another way, where configured, are taken too. */
export async function startChatReceivers(
  { config }: Pick<Platform, 'config'>,
  decisions: DecisionsFromChat,
  shutdown: Shutdown,
): Promise<ReadonlyMap<string, (request: Request) => Promise<Response>>> {
  const receivers = new Map<string, (request: Request) => Promise<Response>>();
  for (const { name, settings, secrets, missing, load } of chatsOf(config)) {
    if (settings === undefined || missing !== null) continue;
    const inbound = (await load()).receive(settings, secrets, decisions);
    if (inbound === null) continue;
    shutdown.add(name, inbound.stop);
    if (inbound.receive !== null) receivers.set(name, inbound.receive);
  }
  return receivers;
}

export function contextOf({ config, clock, log }: ChannelsPlatform): ChannelContext {
  return { incidentUrl: (incidentId) => incidentUrl(config, incidentId), nowMs: clock.nowMs, log };
}
