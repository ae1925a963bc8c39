// Alerts as Alertmanager's webhook (version 4), Grafana's (version 1) and Alertmanager's own API (`/api/v2/alerts`) bring them, to
// alert events. Each is judged by itself: one that cannot be used is refused with its reason and keeps no other out.
// Sources: prometheus.io/docs/alerting/latest/configuration, "webhook_config"; grafana.com/docs, "Configure webhook
// notifications"; github.com/prometheus/alertmanager, api/v2/openapi.yaml.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { severityOf } from '../../../domain/alerts/severity-words.ts';
import { subjectOf } from '../../../domain/alerts/subject.ts';
import type { AlertEvent } from '../../../domain/observation.ts';
import { firstProblem, type Invalid } from '../../events/schema.ts';
import type { IngestLimits } from '../../limits.ts';
import { cleanText } from '../../text.ts';
import type { AlertmanagerLabels } from './config.ts';
import { titleOf } from './title.ts';

/** Fields that later versions add are let through: only what is used is checked. */
export const webhookSchema = z.object({
  version: z.enum(['4', '1'], 'expected "4", which Alertmanager sends, or "1", which Grafana sends'),
  receiver: z.string().nullish(),
  truncatedAlerts: z.int().min(0).nullish(),
  /** Grafana's organisation: who sends it tells the sources apart. */
  orgId: z.unknown().optional(),
  alerts: z.array(z.unknown()),
});

export const postedAlertsSchema = z.array(z.unknown());

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
/** Senders write numbers, and null for what is not there. */
const texts = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .transform((map) =>
    Object.fromEntries(
      Object.entries(map).flatMap(([name, value]) =>
        value === null || name === '__proto__' ? [] : [[name, String(value)]],
      ),
    ),
  );
const alertSchema = z.object({
  /** Alertmanager's API has none: an alert is over when its end has passed. */
  status: z.enum(['firing', 'resolved']).nullish(),
  labels: texts,
  annotations: texts.nullish().transform((map): Readonly<Record<string, string>> => map ?? {}),
  startsAt: instant.nullish(),
  endsAt: instant.nullish(),
  fingerprint: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/)
    .nullish(),
});
type Alert = z.infer<typeof alertSchema>;

export type DecodeOptions = {
  readonly labels: AlertmanagerLabels;
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly receivedMs: number;
  /** Whose alerts these are. */
  readonly source: 'alertmanager' | 'grafana';
  /** The receiver of the group, for an alert that names nothing else. */
  readonly receiver: string;
};

export type DecodedAlert = {
  readonly ok: true;
  readonly alert: AlertEvent;
  /** When the sender says it began and ended. */
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
};

/** One alert, or why it cannot be used. */
export function decodeAlert(
  raw: unknown,
  options: DecodeOptions,
): DecodedAlert | { ok: false; problem: Invalid } {
  const result = alertSchema.safeParse(raw);
  if (!result.success) return { ok: false, problem: firstProblem(result.error) };
  const alert = result.data;
  const { labels, limits, defaultEnvironment, source, receiver, receivedMs } = options;
  const value = (name: string): string => labelOf(alert, name, limits.maxNameChars);
  const first = (names: readonly string[]): string => names.map(value).find((text) => text !== '') ?? '';
  // An alert of Grafana about missing data is called after that; its rule says what it is about.
  const rough = [value('rulename'), value('alertname'), cleanText(receiver, limits.maxNameChars)];
  const { service, resourceId } = subjectOf(value, labels, rough);
  const component = first(labels.component);
  const status = alert.status ?? (isOver(alert, receivedMs) ? 'resolved' : 'firing');
  return {
    ok: true,
    startsAtMs: alert.startsAt ?? null,
    endsAtMs: status === 'resolved' ? (alert.endsAt ?? null) : null,
    alert: {
      kind: 'alert',
      id: alert.fingerprint ?? hashOf(alert.labels),
      status,
      scope: {
        environment: first(labels.environment) || defaultEnvironment,
        service,
        ...(component === '' ? {} : { component }),
        ...(resourceId === null ? {} : { resourceId }),
      },
      atMs: instantOf(alert, status, options),
      severity: severityOf(first(labels.severity), labels.severities),
      title: titleOf(alert, limits.maxTitleChars),
      source,
      attributes: {},
    },
  };
}

/** The year 1 is "no end". */
function isOver({ endsAt, startsAt }: Alert, receivedMs: number): boolean {
  return endsAt != null && endsAt > 0 && endsAt <= receivedMs && endsAt >= (startsAt ?? 0);
}

function hashOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** Alerts may have been firing for weeks, and clocks differ: the instant is moved into bounds, the alert still counts. */
function instantOf(
  { startsAt, endsAt }: Alert,
  status: AlertEvent['status'],
  { limits, receivedMs }: DecodeOptions,
): number {
  const begunMs = startsAt ?? receivedMs;
  const atMs = status === 'firing' ? begunMs : Math.max(begunMs, endsAt ?? receivedMs);
  return Math.min(receivedMs, Math.max(atMs, receivedMs - limits.maxEventPastMs));
}

function labelOf({ labels }: Alert, name: string, maxChars: number): string {
  return Object.hasOwn(labels, name) ? cleanText(labels[name] ?? '', maxChars) : '';
}
