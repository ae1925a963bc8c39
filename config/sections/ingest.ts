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
    .describe(`Labels that hold ${what}. The first one present is used.`);

const subject = defaultSubjectLabels;

const severityWords = (severity: Severity) =>
  z
    .array(z.string().min(1).max(100))
    .max(100)
    .default([...defaultSeverityWords[severity]])
    .describe(`Words that mean ${severity}.`);

const alertmanagerSchema = z
  .strictObject({
    service: labelNames('the service (names of exporters are ignored)', ...subject.service).pipe(
      z.array(z.string()).min(1),
    ),
    workload: labelNames(
      'the Kubernetes workload; pods, replica sets and jobs count as the workload that owns them',
      ...subject.workload,
    ),
    host: labelNames('the machine or the probed address', ...subject.host),
    exporters: z
      .array(z.string().min(1).max(200))
      .max(100)
      .default([...subject.exporters])
      .describe(
        'Names of exporters; `*` is a wildcard. Their alerts are about the workload or machine they observe, not about the exporter.',
      ),
    environment: labelNames('the environment (default: `defaultEnvironment`)', 'environment', 'env'),
    component: labelNames('the component of the service', 'component'),
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
        'How severity values are mapped. Case and separators are ignored. Numbers (`P1`, `SEV-2`, `S3`, `4`) are understood as well: 0 and 1 are critical, 2 and 3 warning, higher ones info. Unknown words are warnings.',
      ),
  })
  .describe('How alerts sent to `POST /api/v1/alerts/alertmanager` are read.');

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
    alertmanager: alertmanagerSchema.prefault({}),
    identity: identitySchema.prefault({}),
  })
  .transform(({ maxPastSkew, maxFutureSkew, ...rest }) => ({
    ...rest,
    maxPastMs: maxPastSkew,
    maxFutureMs: maxFutureSkew,
  }))
  .describe('Incoming telemetry and events.');
