// Alerts as Alertmanager's webhook (version 4), Grafana's (version 1) and Alertmanager's own API (`/api/v2/alerts`) bring them, to
// alert events. Each is judged by itself: one that cannot be used is refused with its reason and keeps no other out.
// Sources: prometheus.io/docs/alerting/latest/configuration, "webhook_config"; grafana.com/docs, "Configure webhook
// notifications"; github.com/prometheus/alertmanager, api/v2/openapi.yaml.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type LabelSettings, readLabels } from '../../events/label-settings.ts';
import { type ReportContext, reportedItem } from '../../events/reported.ts';
import { firstProblem, type Invalid } from '../../events/schema.ts';
import type { InboxItem } from '../../ports.ts';
import { cleanText } from '../../text.ts';
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

export type DecodeOptions = ReportContext & {
  readonly labels: LabelSettings;
  /** Whose alerts these are. */
  readonly source: 'alertmanager' | 'grafana';
  /** The receiver of the group, for an alert that names nothing else. */
  readonly receiver: string;
};

/** One alert, or why it cannot be used. */
export function decodeAlert(
  raw: unknown,
  options: DecodeOptions,
): { ok: true; item: InboxItem } | { ok: false; problem: Invalid } {
  const result = alertSchema.safeParse(raw);
  if (!result.success) return { ok: false, problem: firstProblem(result.error) };
  const alert = result.data;
  const { labels, limits, source, receiver, receivedMs } = options;
  const value = (name: string): string => labelOf(alert, name, limits.maxNameChars);
  // An alert of Grafana about missing data is called after that; its rule says what it is about.
  const rough = [value('rulename'), value('alertname'), cleanText(receiver, limits.maxNameChars)];
  const reported = {
    id: alert.fingerprint ?? hashOf(alert.labels),
    status: alert.status ?? (isOver(alert, receivedMs) ? 'resolved' : 'firing'),
    ...readLabels(alert.labels, labels, rough, limits.maxNameChars),
    startsAtMs: alert.startsAt ?? null,
    endsAtMs: alert.endsAt ?? null,
    title: titleOf(alert, limits.maxTitleChars),
    source,
  };
  return { ok: true, item: reportedItem(reported, options) };
}

/** The year 1 is "no end". */
function isOver({ endsAt, startsAt }: Alert, receivedMs: number): boolean {
  return endsAt != null && endsAt > 0 && endsAt <= receivedMs && endsAt >= (startsAt ?? 0);
}

function hashOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

function labelOf({ labels }: Alert, name: string, maxChars: number): string {
  return Object.hasOwn(labels, name) ? cleanText(labels[name] ?? '', maxChars) : '';
}
