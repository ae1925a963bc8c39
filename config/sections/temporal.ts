// Temporal. Without an address it runs embedded, beside the process.

import { z } from 'zod';
import { port } from './server.ts';

const hostPort = z
  .string()
  .regex(/^[A-Za-z0-9.\-[\]:]+:\d{1,5}$/, 'expected host:port, such as "temporal.internal:7233"');

const payloadsSchema = z
  .strictObject({
    mode: z
      .enum(['signed', 'encrypted'])
      .default('signed')
      .describe(
        '`signed`: nobody without a key can forge or change payloads; any Web UI can read them. `encrypted`: nobody without a key can read them either; the Web UI that Sentinel serves and `temporal workflow show` decrypt them through Sentinel (docs/temporal.md).',
      ),
    keysSince: z.iso
      .datetime({ offset: true, error: 'expected an instant such as "2026-11-26T12:00:00Z"' })
      .optional()
      .describe(
        'For installations older than payload keys: when they were introduced. Workflow runs and calls that began earlier may contain unsigned data. Set the same value on every process and do not change it afterwards. Default: never.',
      ),
  })
  .describe(
    'Protection of what Sentinel stores in Temporal. The keys are in `SENTINEL_TEMPORAL_PAYLOAD_KEYS`.',
  );

export const temporalSchema = z
  .strictObject({
    address: hostPort
      .optional()
      .describe('`host:port` of a Temporal server. Default: the embedded dev server.'),
    tls: z
      .strictObject({
        caFile: z
          .string()
          .min(1)
          .optional()
          .describe("PEM file of CA certificates to trust instead of the system's."),
        certFile: z.string().min(1).optional().describe('PEM file of the client certificate (mTLS).'),
        keyFile: z.string().min(1).optional().describe("PEM file of the client certificate's private key."),
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe('Server name to verify, if it differs from `address`.'),
      })
      .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
        path: ['keyFile'],
        error: 'certFile and keyFile belong together: set both',
      })
      .optional()
      .describe(
        "TLS to the server at `address`. `tls: {}` uses the system's trusted CAs. Required with an API key.",
      ),
    namespace: z
      .string()
      .min(1)
      .max(255)
      .default('default')
      .describe('Temporal namespace for all incidents.'),
    taskQueue: z
      .string()
      .min(1)
      .max(255)
      .default('sentinel-incidents')
      .describe('Task queue for incidents; workers poll it.'),
    payloads: payloadsSchema.prefault({}),
    embedded: z
      .strictObject({
        port: port.default(7233).describe('gRPC port of the embedded server. 0 picks a free port.'),
        uiPort: port.default(8233).describe("Port of the embedded server's Web UI. 0 picks a free port."),
      })
      .prefault({})
      .describe('The embedded dev server. Ignored if `address` is set.'),
    webUi: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
          .describe('URL of the Web UI, such as `http://temporal-ui:8080`.'),
        host: z
          .string()
          .min(1)
          .default('127.0.0.1')
          .describe(
            'Address to serve it on. There is no login: anyone who can reach it sees every incident.',
          ),
        port: port.default(8233).describe('Port to serve it on. 0 picks a free port.'),
      })
      .optional()
      .describe(
        "Web UI of the server at `address`. The role `api` proxies it read-only, accepts only Sentinel's own host names, and links to it. The Web UI itself accepts any host name, so do not expose its own port.",
      ),
  })
  .describe('Temporal runs the incident workflows.');
