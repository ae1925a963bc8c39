// Postgres as a store, on a server or inside the process.

import { z } from 'zod';
import { urlWithoutPassword } from '../network/settings.ts';
import type { DatabaseVendor } from '../store-vendor.ts';

const settings = z.strictObject({
  url: urlWithoutPassword(
    /^postgres(ql)?$/,
    'SENTINEL_POSTGRES_URL',
    'expected a URL such as "postgres://sentinel@db.internal:5432/sentinel"',
  )
    .optional()
    .describe(
      'URL of a Postgres server. Default: an embedded Postgres with its files in `dataDir`. The password goes into `SENTINEL_POSTGRES_URL`.',
    ),
});

const secrets = {
  url: {
    variable: 'SENTINEL_POSTGRES_URL',
    about: 'URL of Postgres, including the password. Overrides `postgres.url`.',
    wrongWith: (value: string) =>
      URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)
        ? null
        : 'expected a URL that starts with postgres:// (special characters in the password percent-encoded)',
  },
};

export const postgres: DatabaseVendor<typeof settings, typeof secrets> = {
  keeps: 'decisions',
  title: 'Postgres',
  about:
    'Postgres is the authority for safety: intents, approvals, leases, limits, the kill switch and the audit log.',
  settings,
  secrets,
  serverOf: ({ url }, { url: secret }) => secret ?? url,
  notShared: ({ url }, { url: secret }) =>
    (secret ?? url) === undefined ? 'SENTINEL_POSTGRES_URL (or postgres.url)' : null,
  // Its driver asks for TLS by the URL, which is the user's to say.
  clearText: () => null,
  async load() {
    const { checkPostgres } = await import('./doctor.ts');
    return { doctor: ({ url }, { url: secret }) => checkPostgres(secret ?? url) };
  },
};
