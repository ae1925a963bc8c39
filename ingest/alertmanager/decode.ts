// Alertmanager's webhook (version 4) to alert events. Each alert of a group is judged by itself: one that cannot be used
// is refused with its reason and does not keep the others out.
// Source: prometheus.io/docs/alerting/latest/configuration, "webhook_config".

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AlertEvent } from '../../domain/observation.ts';
import { firstProblem, type Invalid } from '../events/schema.ts';
import type { IngestLimits } from '../limits.ts';
import { cleanText } from '../text.ts';
import { type AlertmanagerLabels, severityOf } from './labels.ts';

/** Fields that later versions add are let through: only what is used is checked. */
export const webhookSchema = z.object({
  version: z.literal('4', 'expected "4", the version Alertmanager has sent since 0.6'),
  receiver: z.string().optional(),
  truncatedAlerts: z.int().min(0).optional(),
  alerts: z.array(z.unknown()),
});

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const texts = z.record(z.string(), z.string());
const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts,
  annotations: texts.default({}),
  startsAt: instant,
  endsAt: instant.optional(),
  fingerprint: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/)
    .optional(),
});
type Alert = z.infer<typeof alertSchema>;

export type DecodeOptions = {
  readonly labels: AlertmanagerLabels;
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly receivedMs: number;
};

/** One alert of a webhook, or why it cannot be used. */
export function decodeAlert(
  raw: unknown,
  options: DecodeOptions,
): { ok: true; alert: AlertEvent } | { ok: false; problem: Invalid } {
  const result = alertSchema.safeParse(raw);
  if (!result.success) return { ok: false, problem: firstProblem(result.error) };
  const alert = result.data;
  const { labels, limits, defaultEnvironment } = options;
  const one = (names: readonly string[]): string => firstLabel(alert, names, limits.maxNameChars);
  const service = one(labels.service);
  if (service === '') {
    const detail = `has none of the labels ${labels.service.join(', ')}: which service is it about?`;
    return { ok: false, problem: { kind: 'invalid', field: 'labels', detail } };
  }
  const component = one(labels.component);
  const resourceId = one(labels.resource);
  return {
    ok: true,
    alert: {
      kind: 'alert',
      id: alertId(alert),
      status: alert.status,
      scope: {
        environment: one(labels.environment) || defaultEnvironment,
        service,
        ...(component === '' ? {} : { component }),
        ...(resourceId === '' ? {} : { resourceId }),
      },
      atMs: instantOf(alert, options),
      severity: severityOf(one(labels.severity)),
      title: titleOf(alert, limits.maxTitleChars),
      source: 'alertmanager',
      attributes: {},
    },
  };
}

/**
 * An alert keeps its fingerprint whenever it fires again, so its beginning is part of the id: every time is an alert of
 * its own, and repetitions of one are the same. Alertmanager keeps the earliest `startsAt` while an alert goes on.
 */
function alertId({ fingerprint, labels, startsAt }: Alert): string {
  return `${fingerprint ?? hashOf(labels)}-${startsAt}`;
}

function hashOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** Alerts may have been firing for weeks, and clocks differ: the instant is moved into bounds, the alert still counts. */
function instantOf({ status, startsAt, endsAt }: Alert, { limits, receivedMs }: DecodeOptions): number {
  const atMs = status === 'firing' ? startsAt : Math.max(startsAt, endsAt ?? receivedMs);
  return Math.min(receivedMs, Math.max(atMs, receivedMs - limits.maxEventPastMs));
}

function titleOf({ annotations, labels }: Alert, maxChars: number): string {
  for (const text of [annotations.summary, annotations.title, labels.alertname, annotations.description]) {
    const clean = cleanText(text ?? '', maxChars);
    if (clean !== '') return clean;
  }
  return 'an alert without a name';
}

function firstLabel({ labels }: Alert, names: readonly string[], maxChars: number): string {
  for (const name of names) {
    const value = Object.hasOwn(labels, name) ? cleanText(labels[name] ?? '', maxChars) : '';
    if (value !== '') return value;
  }
  return '';
}
