// How alerts of Prometheus and Grafana are read: their labels have no fixed names.

import { z } from 'zod';
import { defaultSeverityWords } from '../../../domain/alerts/severity-words.ts';
import { defaultSubjectLabels } from '../../../domain/alerts/subject.ts';
import type { Severity } from '../../../domain/scope.ts';

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

export const settings = z
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
  .prefault({})
  .describe('How alerts sent to `POST /api/v1/alerts/alertmanager` are read.');

/** For each part the label names to look at, in order: the first that is there and not empty counts. */
export type AlertmanagerLabels = z.output<typeof settings>;
