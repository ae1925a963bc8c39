// ClickHouse as a store, on a server or inside the process.

import { z } from 'zod';
import { isClearText } from '../../domain/net-address.ts';
import { urlWithoutPassword } from '../network/settings.ts';
import type { HistoryVendor } from '../store-vendor.ts';

const settings = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'Without history Sentinel still detects anomalies, but says what evidence is missing and acts less on its own.',
    ),
  url: urlWithoutPassword(
    /^https?$/,
    'SENTINEL_CLICKHOUSE_PASSWORD',
    'expected a URL such as "http://clickhouse.internal:8123"',
  )
    .optional()
    .describe('URL of a ClickHouse server. Default: an embedded engine with its files in `dataDir`.'),
  username: z.string().min(1).default('default').describe('User name on the server at `url`.'),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'expected letters, digits and _')
    .default('sentinel')
    .describe("Database for Sentinel's tables."),
});

const secrets = {
  password: { variable: 'SENTINEL_CLICKHOUSE_PASSWORD', about: 'Password for `clickhouse.username`.' },
};

export const clickhouse: HistoryVendor<typeof settings, typeof secrets> = {
  keeps: 'history',
  title: 'ClickHouse',
  about: 'ClickHouse keeps telemetry history.',
  settings,
  secrets,
  isUsed: ({ enabled }) => enabled,
  serverOf: ({ url }) => url,
  notShared: ({ enabled, url }) =>
    enabled && url === undefined ? 'clickhouse.url (or clickhouse.enabled: false)' : null,
  clearText: ({ url }, { password }) =>
    url !== undefined && password !== null && isClearText(url)
      ? { key: 'url', what: 'the ClickHouse password' }
      : null,
  async load() {
    const [{ createHistory }, { checkClickHouse }] = await Promise.all([
      import('./history.ts'),
      import('./doctor.ts'),
    ]);
    return {
      open({ url, username, database }, { password }, folder) {
        if (url === undefined) return createHistory({ chdbPath: folder, database });
        const withUser = new URL(url);
        withUser.username = username;
        withUser.password = password ?? '';
        return createHistory({ url: withUser.href, database });
      },
      doctor: checkClickHouse,
    };
  },
};
