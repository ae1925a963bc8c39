// The first key of an installation: who may do everything before anybody else has a key.

import { generateKey } from '../adapters/postgres/index.ts';
import { readConnection, writeConnection } from './left-connection.ts';
import type { Platform } from './platform.ts';

/** The first key of an admin. `given`: by the operator, who keeps it; `left`: in the data folder, for the command line here. */
export type AdminKey = { readonly key: string; readonly from: 'given' | 'left' };

/**
 * The operator's key from the environment; else the one of the last start here; else a new one. Null when it was revoked: that is
 * somebody's decision, and no reason not to run.
 */
export async function ensureAdminKey({ config, stores, log }: Platform): Promise<AdminKey | null> {
  const given = config.secrets.adminKey?.reveal();
  const key = given ?? readConnection(config.dataDir)?.apiKey ?? generateKey();
  if (await stores.apiKeys.ensureBootstrap(key)) return { key, from: given === undefined ? 'left' : 'given' };
  log.warn(
    {},
    'the admin key was revoked and no longer works; set SENTINEL_ADMIN_KEY to a key with another ID to make a new one',
  );
  return null;
}

/** For the command line on this machine. A key that the operator gave is in no file of ours. */
export function leaveConnection(dataDir: string, url: string, adminKey: AdminKey | null): void {
  writeConnection(dataDir, adminKey?.from === 'left' ? { url, apiKey: adminKey.key } : { url });
}
