// Metric alerts of Sentry. Source: docs.sentry.io, "Webhooks", "Metric Alerts".

import { z } from 'zod';
import type { Severity } from '../../../domain/scope.ts';
import { instantIn } from '../../events/reported.ts';
import { parsed } from '../../http/event-request.ts';
import type { ReadContext, Reading } from '../webhook.ts';
import { readingOf, type SentrySettings } from './said.ts';

const text = z.string().nullish();
const projects = z.array(z.unknown()).nullish();

const schema = z.object({
  description_title: text,
  metric_alert: z.object({
    id: z.union([z.string().min(1), z.int()]),
    title: text,
    date_started: text,
    date_closed: text,
    projects,
    alert_rule: z.object({ name: text, environment: text, projects }).nullish(),
  }),
});

const severityOf: Readonly<Partial<Record<string, Severity>>> = {
  critical: 'critical',
  warning: 'warning',
  // Of an end nobody asks.
  resolved: 'warning',
};

export function ofMetricAlert(action: string, data: unknown, context: ReadContext<SentrySettings>): Reading {
  const severity = Object.hasOwn(severityOf, action) ? severityOf[action] : undefined;
  if (severity === undefined) return { items: [], ignored: 'this neither begins a metric alert nor ends it' };
  const { metric_alert: alert, description_title } = parsed(schema, data, 'data');
  const rule = alert.alert_rule;
  const isOver = action === 'resolved';
  const [project] = [...(alert.projects ?? []), ...(rule?.projects ?? [])];
  const said = {
    id: `metric-alert/${alert.id}`,
    status: isOver ? ('resolved' as const) : ('firing' as const),
    severity,
    title:
      rule?.name ||
      (description_title ?? '').replace(/^(?:Critical|Warning|Resolved): /, '') ||
      alert.title ||
      '',
    project: typeof project === 'string' ? project : '',
    environment: rule?.environment ?? '',
    startsAtMs: instantIn(alert.date_started),
    endsAtMs: isOver ? instantIn(alert.date_closed) : null,
  };
  return readingOf(said, context);
}
