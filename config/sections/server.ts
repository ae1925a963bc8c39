// Where Sentinel listens, keeps its files and writes its logs.

import { z } from 'zod';
import { duration } from '../duration.ts';
import { rateLimitsSchema } from './rate-limits.ts';

export const port = z.int().min(0).max(65_535);

export const serverSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on. `0.0.0.0` listens on all interfaces.'),
    port: port.default(4500).describe('Port for the API and for telemetry over HTTP. 0 picks a free port.'),
    grpcPort: port
      .nullable()
      .optional()
      .describe(
        'Port for telemetry over gRPC, at the same `host`. `null` turns it off; 0 picks a free port. Default: 4317 (a free one where `port` is 0); if something else has it, Sentinel runs without gRPC and says so.',
      ),
    publicUrl: z
      .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
      .optional()
      .describe(
        'URL at which people reach this server. Used for links in messages and for logins behind a proxy that terminates TLS. Default: built from `host` and `port`.',
      ),
    allowedHosts: z
      .array(
        z
          .string()
          .regex(
            /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
            'expected a host name without a port, or *.domain',
          ),
      )
      .max(100)
      .default([])
      .describe(
        'Additional host names for this server, such as `sentinel` in a container network or `*.svc.cluster.local`. Requests with any other `Host` get 421, which prevents DNS rebinding. IP addresses, loopback names, `host` and the host in `publicUrl` are always accepted.',
      ),
    maxStreams: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe(
        'Live event streams (open pages, `sentinel incident watch`) served by one process at a time. Beyond that: 503.',
      ),
    sessions: z
      .strictObject({
        idle: duration('1m', '30d')
          .prefault('12h')
          .describe('Idle time after which a session ends. An open page alone does not count as activity.'),
        absolute: duration('5m', '90d')
          .prefault('7d')
          .describe('Maximum length of a session, active or not.'),
      })
      .prefault({})
      .describe('Dashboard sessions.'),
    trustedProxies: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe(
        'Number of your proxies in front of Sentinel that append to `X-Forwarded-For`. 0 ignores the header.',
      ),
    rateLimits: rateLimitsSchema.prefault({}),
  })
  .describe('The HTTP server.');

export const loggingSchema = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('Lowest level that is logged.'),
  })
  .describe('Logs are written to standard error as JSON lines.');
