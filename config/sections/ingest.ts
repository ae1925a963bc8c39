// What is accepted from outside, and from whom.

import { z } from 'zod';
import { defaultSeverityWords } from '../../domain/alerts/severity-words.ts';
import { defaultSubjectLabels } from '../../domain/alerts/subject.ts';
import { defaultIdentity } from '../../domain/identity.ts';
import type { Severity } from '../../domain/scope.ts';
import { duration } from '../duration.ts';
import { environmentName } from './environment-name.ts';

const labelNames = (what: string, ...names: string[]) =>
  z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'expected the name of a Prometheus label'))
    .max(20)
    .default(names)
    .describe(`Labels that name ${what}; the first that an alert has counts.`);

const subject = defaultSubjectLabels;

const severityWords = (severity: Severity) =>
  z
    .array(z.string().min(1).max(100))
    .max(100)
    .default([...defaultSeverityWords[severity]])
    .describe(`Words that mean ${severity}.`);

const alertmanagerSchema = z
  .strictObject({
    service: labelNames('the service (the name of an exporter does not count)', ...subject.service).pipe(
      z.array(z.string()).min(1),
    ),
    workload: labelNames(
      'a workload of Kubernetes; pods, replica sets and jobs stand for what made them',
      ...subject.workload,
    ),
    host: labelNames('a machine, or the address that was probed', ...subject.host),
    exporters: z
      .array(z.string().min(1).max(200))
      .max(100)
      .default([...subject.exporters])
      .describe(
        'Names of exporters, with `*`: what they report is about a workload or a machine, not about them.',
      ),
    environment: labelNames('the environment (else `defaultEnvironment`)', 'environment', 'env'),
    component: labelNames('a part of the service', 'component'),
    resource: labelNames('the running instance', ...subject.resource),
    severity: labelNames('the severity', 'severity', 'priority'),
    severities: z
      .strictObject({
        critical: severityWords('critical'),
        warning: severityWords('warning'),
        info: severityWords('info'),
      })
      .prefault({})
      .describe(
        'What the words of the severity mean. Case and separators do not count. Besides these, the numbers of `P1`, `SEV-2`, `S3` or `4` count: 0 and 1 are critical, 2 and 3 warnings, the others information. Unknown words are warnings.',
      ),
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
        'Origins of web pages that may send telemetry to `/v1/…` themselves (CORS), without cookies. Others are not answered to.',
      ),
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
