// The servers Sentinel depends on. Without an address each runs embedded, inside or beside the process.

import { z } from 'zod';
import { port } from './server.ts';

const hostPort = z
  .string()
  .regex(/^[A-Za-z0-9.\-[\]:]+:\d{1,5}$/, 'expected host:port, such as "temporal.internal:7233"');

/** A password in the file would end in a repository; the environment is the only way in. */
const withoutPassword = (protocols: RegExp, variable: string, example: string) =>
  z
    .url({ protocol: protocols, hostname: /./, error: `expected a URL such as "${example}"` })
    .refine((url) => !hasPassword(url), {
      error: `holds a password: leave it out here and set ${variable} in the environment`,
    });

function hasPassword(url: string): boolean {
  return URL.canParse(url) && new URL(url).password !== '';
}

const payloadsSchema = z
  .strictObject({
    mode: z
      .enum(['signed', 'encrypted'])
      .default('signed')
      .describe(
        '`signed`: nobody without a key can make or change what Sentinel takes from Temporal; Web UIs show it as it is. `encrypted`: nor read it; through Sentinel, the Web UI it shows and `temporal workflow show` do (docs/temporal.md).',
      ),
    keysSince: z.iso
      .datetime({ offset: true, error: 'expected an instant such as "2026-11-26T12:00:00Z"' })
      .optional()
      .describe(
        'When an installation from before there were keys got them: runs and calls that began earlier may hold unsigned data. The same for all processes; leave it as it is afterwards. Default: never.',
      ),
  })
  .describe('How what Sentinel gives to Temporal is protected; keys: `SENTINEL_TEMPORAL_PAYLOAD_KEYS`.');

export const temporalSchema = z
  .strictObject({
    address: hostPort
      .optional()
      .describe('`host:port` of a Temporal server. Without it the embedded dev server is used.'),
    tls: z
      .strictObject({
        caFile: z
          .string()
          .min(1)
          .optional()
          .describe("PEM file of certificates to trust instead of the system's."),
        certFile: z
          .string()
          .min(1)
          .optional()
          .describe('PEM file of the certificate that Sentinel shows (mTLS).'),
        keyFile: z.string().min(1).optional().describe('PEM file of its private key.'),
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe('Name the server proves, where `address` is another.'),
      })
      .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
        path: ['keyFile'],
        error: 'certFile and keyFile belong together: set both',
      })
      .optional()
      .describe(
        'TLS to the server at `address`; `tls: {}` trusts what the system trusts. Needed for an API key.',
      ),
    namespace: z.string().min(1).max(255).default('default').describe('Temporal namespace of all incidents.'),
    taskQueue: z
      .string()
      .min(1)
      .max(255)
      .default('sentinel-incidents')
      .describe('Task queue that the workers poll and incidents are started on.'),
    payloads: payloadsSchema.prefault({}),
    embedded: z
      .strictObject({
        port: port.default(7233).describe('gRPC port of the embedded server. 0 takes a free one.'),
        uiPort: port.default(8233).describe("Port of the embedded server's Web UI. 0 takes a free one."),
      })
      .prefault({})
      .describe('The embedded dev server; unused when `address` is given.'),
    webUi: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
          .describe('Where it listens, such as `http://temporal-ui:8080`.'),
        host: z
          .string()
          .min(1)
          .default('127.0.0.1')
          .describe('Address that it is shown at. It has no login: whoever reaches it sees every incident.'),
        port: port.default(8233).describe('Port that it is shown at. 0 takes a free one.'),
      })
      .optional()
      .describe(
        "Web UI of the server at `address`. The role `api` shows it for watching, under Sentinel's own host names only, and links to it; the UI itself answers to any name and needs no open port.",
      ),
  })
  .describe('Temporal runs the incident workflows.');

export const postgresSchema = z
  .strictObject({
    url: withoutPassword(
      /^postgres(ql)?$/,
      'SENTINEL_POSTGRES_URL',
      'postgres://sentinel@db.internal:5432/sentinel',
    )
      .optional()
      .describe(
        'Without it (and without `SENTINEL_POSTGRES_URL`) an embedded Postgres keeps its files in `dataDir`.',
      ),
  })
  .describe(
    'Postgres is the authority for safety: intents, approvals, leases, limits, the kill switch, the audit.',
  );

export const clickhouseSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'Without history Sentinel still detects, but says what evidence is missing and acts less on its own.',
      ),
    url: withoutPassword(/^https?$/, 'SENTINEL_CLICKHOUSE_PASSWORD', 'http://clickhouse.internal:8123')
      .optional()
      .describe('Without it an embedded ClickHouse engine keeps its files in `dataDir`.'),
    username: z.string().min(1).default('default').describe('User of the server at `url`.'),
    database: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'expected letters, digits and _')
      .default('sentinel')
      .describe('Database of the tables.'),
  })
  .describe('ClickHouse keeps the history of telemetry.');
