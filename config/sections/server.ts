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
      .describe('Address to listen on. `0.0.0.0` opens it to the network.'),
    port: port.default(4500).describe('Port of the API and of telemetry over HTTP. 0 takes a free one.'),
    publicUrl: z
      .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
      .optional()
      .describe(
        'How people reach this server, for links in messages and for logins behind a proxy that ends TLS. Default: made of host and port.',
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
        'Further names that this server is called by, such as `sentinel` in a container network or `*.svc.cluster.local`. Requests with another `Host` get 421, so that no web page can make its own name lead here. Addresses, the names of the loopback interface, `host` and the host of `publicUrl` are always good.',
      ),
    maxStreams: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe(
        'Readers of live events (open pages, `sentinel incident watch`) that one process serves at a time. The next one gets 503.',
      ),
    sessions: z
      .strictObject({
        idle: duration('1m', '30d')
          .prefault('12h')
          .describe(
            'A login ends when nobody did anything for this long. A page that is only open does nothing.',
          ),
        absolute: duration('5m', '90d').prefault('7d').describe('A login ends after this long in any case.'),
      })
      .prefault({})
      .describe('Logins in the dashboard.'),
    trustedProxies: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe(
        'How many proxies of yours stand in front and append to `X-Forwarded-For`. 0 does not believe that header.',
      ),
    rateLimits: rateLimitsSchema.prefault({}),
  })
  .describe('The HTTP server.');

export const loggingSchema = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('The least severe log line that is written.'),
  })
  .describe('Logs are JSON lines on standard error.');
