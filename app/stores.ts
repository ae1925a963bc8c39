// The stores that the configuration names, as their vendors describe them.

import { join } from 'node:path';
import type { HistoryStore, HistoryVendor, StoreVendor } from '../adapters/store-vendor.ts';
import { storeVendors } from '../adapters/stores.ts';
import type { Config } from '../config/load.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Finding } from '../domain/doctor.ts';
import { ExitError, exitCodes } from './exit.ts';

export type StoresConfig = Pick<Config, 'vendorSecrets' | keyof typeof storeVendors>;

/** A store, with what the configuration says of it. */
export type ConfiguredStore = {
  readonly name: string;
  readonly title: string;
  /** Address of the server; undefined: it is not used, or runs inside of the process. */
  readonly server: string | undefined;
  /** What has to be set so that processes of different roles can share it; null when they can. */
  readonly notShared: string | null;
  doctor(): Promise<Finding>;
};

export function storesOf(config: StoresConfig): readonly ConfiguredStore[] {
  return all(config).map(({ name, vendor, settings }) => {
    const secrets = secretsOf(vendor, config.vendorSecrets);
    return {
      name,
      title: vendor.title,
      server: vendor.serverOf(settings, secrets),
      notShared: vendor.notShared(settings, secrets),
      doctor: async () => (await vendor.load()).doctor(settings, secrets),
    };
  });
}

/** Of the server that keeps the decisions; undefined: it is embedded. */
export function databaseUrl(config: StoresConfig): string | undefined {
  const { postgres } = storeVendors;
  return postgres.serverOf(config.postgres, secretsOf(postgres, config.vendorSecrets));
}

/** Null: Sentinel runs without history. Throws when two are to keep it: which of them is asked would be chance. */
export async function openHistory(
  config: StoresConfig & Pick<Config, 'dataDir'>,
): Promise<{ readonly name: string; readonly store: HistoryStore } | null> {
  const used = all(config).flatMap(({ name, vendor, settings }) =>
    vendor.keeps === 'history' && vendor.isUsed(settings) ? [{ name, vendor, settings }] : [],
  );
  const [first, second] = used;
  if (first === undefined) return null;
  if (second !== undefined) {
    const names = used.map(({ name }) => name).join(' and ');
    throw new ExitError(
      exitCodes.usage,
      `History is kept in one store, and ${names} are configured: leave one of them out, or disable it.`,
    );
  }
  const { name, vendor, settings } = first;
  const { open } = await (vendor as HistoryVendor).load();
  return {
    name,
    store: open(settings, secretsOf(vendor, config.vendorSecrets), join(config.dataDir, name)),
  };
}

type Settings = Parameters<StoreVendor['serverOf']>[0];

/** Each vendor is given the settings that its own schema gave. */
function all(config: StoresConfig) {
  const sections = config as unknown as Readonly<Record<string, Settings>>;
  return Object.entries(storeVendors).map(([name, vendor]) => ({
    name,
    vendor: vendor as unknown as StoreVendor,
    settings: sections[name] ?? {},
  }));
}
