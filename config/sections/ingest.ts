// What is accepted from outside, and from whom.

import { z } from 'zod';
import { defaultIdentity } from '../../domain/identity.ts';
import { sourceSettings } from '../../ingest/sources/index.ts';
import { duration } from '../duration.ts';
import { environmentName } from './environment-name.ts';
import { monitorSettings } from './monitors.ts';

const resourceNames = (what: string, defaults: readonly string[]) =>
  z
    .array(
      z
        .string()
        .max(300)
        .regex(/^[^+\s]+(\+[^+\s]+){0,3}$/, 'expected a resource attribute, or several joined with "+"'),
    )
    .min(1)
    .max(50)
    .default([...defaults])
    .describe(
      `Resource attributes that identify ${what}, in order of preference; \`a+b\` needs both and joins them.`,
    );

const identitySchema = z
  .strictObject({
    service: resourceNames('the service', defaultIdentity.service),
    instance: resourceNames('the running instance', defaultIdentity.instance),
  })
  .describe('Which service and instance OTLP telemetry belongs to (docs/telemetry.md).');

export const ingestSchema = z
  .strictObject({
    defaultEnvironment: environmentName
      .default('production')
      .describe('Environment for telemetry that does not set `deployment.environment.name`.'),
    maxBodyBytes: z
      .int()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(8 * 1024 * 1024)
      .describe('Largest accepted request body, in bytes on the wire. Larger ones get 413.'),
    maxPastSkew: duration('1s', '30d').prefault('1h').describe('Data with older timestamps is rejected.'),
    maxFutureSkew: duration('0s', '24h')
      .prefault('10m')
      .describe('Data with timestamps further in the future is rejected.'),
    allowedOrigins: z
      .array(
        z
          .string()
          .regex(
            /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/,
            'expected an origin such as https://shop.example.com, without a path',
          ),
      )
      .max(100)
      .default([])
      .describe(
        'Origins whose web pages may send telemetry to `/v1/…` (CORS), without cookies. Other origins are denied.',
      ),
    requireKey: z
      .boolean()
      .optional()
      .describe(
        'Whether senders need an API key (`sentinel key create NAME --role ingest`). Default: yes, except for programs on this machine in a loopback-only setup (`server.host` and `publicUrl` on loopback, no `trustedProxies`, no `allowedHosts`). `false` accepts telemetry from anyone; without a key it can open incidents, but no action runs without approval.',
      ),
    ...sourceSettings,
    ...monitorSettings,
    identity: identitySchema.prefault({}),
  })
  .transform(({ maxPastSkew, maxFutureSkew, ...rest }) => ({
    ...rest,
    maxPastMs: maxPastSkew,
    maxFutureMs: maxFutureSkew,
  }))
  .describe('Incoming telemetry and events.');
