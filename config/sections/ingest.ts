// What is accepted from outside, and from whom.

import { z } from 'zod';
import { defaultIdentity } from '../../domain/identity.ts';
import { duration } from '../duration.ts';
import { environmentName } from './environment-name.ts';

const labelNames = (what: string, ...names: string[]) =>
  z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'expected the name of a Prometheus label'))
    .max(10)
    .default(names)
    .describe(`Labels that name ${what}; the first that an alert has counts.`);

const alertmanagerSchema = z
  .strictObject({
    service: labelNames('the service; an alert without any is refused', 'service', 'job').pipe(
      z.array(z.string()).min(1),
    ),
    environment: labelNames('the environment (else `defaultEnvironment`)', 'environment', 'env'),
    component: labelNames('a part of the service', 'component'),
    resource: labelNames('the running instance', 'instance', 'pod'),
    severity: labelNames('the severity', 'severity'),
  })
  .describe('How alerts of `POST /api/v1/alerts/alertmanager` are read.');

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
      `Resource attributes that name ${what}: the first entry that telemetry has in full counts; \`a+b\` wants both.`,
    );

const identitySchema = z
  .strictObject({
    service: resourceNames('the service', defaultIdentity.service),
    instance: resourceNames('the running instance', defaultIdentity.instance),
  })
  .describe('Who OTLP telemetry is about (docs/telemetry.md).');

export const ingestSchema = z
  .strictObject({
    defaultEnvironment: environmentName
      .default('production')
      .describe('Environment of telemetry without the resource attribute `deployment.environment.name`.'),
    maxBodyBytes: z
      .int()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(8 * 1024 * 1024)
      .describe('Largest accepted request body, in bytes as sent; larger ones get 413.'),
    maxPastSkew: duration('1s', '30d')
      .prefault('1h')
      .describe('Data with timestamps further back is refused.'),
    maxFutureSkew: duration('0s', '24h')
      .prefault('10m')
      .describe('Data with timestamps further ahead is refused.'),
    requireKey: z
      .boolean()
      .optional()
      .describe(
        'Whether senders must present an API key (`sentinel key create NAME --role ingest`). Default: yes, but for programs of this machine that send directly while `server.host` is a loopback address and neither `publicUrl`, `trustedProxies` nor `allowedHosts` says that others get here. `false` takes everything from everybody; what nobody stands behind then opens incidents, and never leads to an effect without a person.',
      ),
    alertmanager: alertmanagerSchema.prefault({}),
    identity: identitySchema.prefault({}),
  })
  .transform(({ maxPastSkew, maxFutureSkew, ...rest }) => ({
    ...rest,
    maxPastMs: maxPastSkew,
    maxFutureMs: maxFutureSkew,
  }))
  .describe('Telemetry and events coming in.');
