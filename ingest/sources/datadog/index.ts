// Datadog's webhooks, whose body is a template of the user's: docs/datadog.md has ours. Source: docs.datadoghq.com, "Webhooks",
// variables.

import { z } from 'zod';
import { defaultSubjectLabels } from '../../../domain/alerts/subject.ts';
import { type LabelSettings, labelSettingsWith, readLabels } from '../../events/label-settings.ts';
import { reportedItem } from '../../events/reported.ts';
import { parsed, refuseIf } from '../../http/event-request.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';
import { type Transition, transitionOf } from './transition.ts';
import { labelsIn, plainTitle, told } from './variables.ts';

const { workload, resource } = defaultSubjectLabels;
const kubernetes = ['kube_deployment', 'kube_stateful_set', 'kube_daemon_set', 'kube_cronjob'];

const settings = z
  .strictObject(
    labelSettingsWith({
      workload: [...kubernetes, ...workload],
      resource: [...resource, 'pod_name', 'host'],
    }),
  )
  .prefault({})
  .describe('How webhooks of Datadog are read (docs/datadog.md). Labels are the tags of the alert.');

const path = '/api/v1/webhooks/datadog';

export const datadog: Source<typeof settings> = {
  settings,
  limits: 'events',
  below: [path],
  ways: [
    webhook({ route: 'datadog', path, takes: "Datadog's webhooks", proof: { by: 'key' }, read: readWebhook }),
  ],
};

const variable = z.union([z.string(), z.number(), z.null()]).optional().transform(told);
const bodySchema = z.object({
  alert_id: variable,
  alert_cycle_key: variable,
  alert_transition: variable,
  alert_title: variable,
  event_title: variable,
  alert_priority: variable,
  alert_scope: variable,
  hostname: variable,
  tags: variable,
  date: variable,
});
type Body = z.output<typeof bodySchema>;

function readWebhook({ raw }: Delivery, context: ReadContext<LabelSettings>): Reading {
  const body = parsed(bodySchema, raw);
  if (body.alert_transition === '') missing('alert_transition');
  const transition = transitionOf(body.alert_transition);
  if (transition === null)
    return { items: [], ignored: 'this transition neither begins an alert nor ends it' };
  const title = plainTitle(body.alert_title || body.event_title);
  const atMs = instantOf(body.date);
  const { settings: names, limits } = context;
  const word = /^P[1-5]$/i.test(body.alert_priority) ? body.alert_priority : transition.level;
  const labelled = readLabels(labelsOf(body), names, [title], limits.maxNameChars, word);
  const item = reportedItem(
    {
      ...labelled,
      id: idOf(body),
      status: transition.status,
      severity: atMost(transition, labelled.severity),
      startsAtMs: transition.status === 'firing' ? atMs : null,
      endsAtMs: transition.status === 'resolved' ? atMs : null,
      title,
      source: 'datadog',
    },
    context,
  );
  return { items: [item] };
}

/** A monitor may watch many groups, each an alert of its own: the cycle is of one of them, from its beginning to its end. */
function idOf({ alert_cycle_key: cycle, alert_id: monitor, alert_scope: scope }: Body): string {
  if (cycle !== '') return cycle;
  if (monitor === '') missing('alert_id');
  return [
    monitor,
    ...scope
      .split(',')
      .map((tag) => tag.trim())
      .toSorted(),
  ].join(' ');
}

function labelsOf({ alert_scope: scope, tags, hostname }: Body): Record<string, string> {
  return { ...(hostname === '' ? {} : { host: hostname }), ...labelsIn(tags), ...labelsIn(scope) };
}

/** Only an alert threshold that was crossed is critical, however important its monitor is. */
function atMost({ level }: Transition, severity: LabelledSeverity): LabelledSeverity {
  return level === 'warning' && severity === 'critical' ? 'warning' : severity;
}
type LabelledSeverity = ReturnType<typeof readLabels>['severity'];

/** Milliseconds, as `$DATE` has them, or seconds, as `$DATE_POSIX` does. */
function instantOf(text: string): number | null {
  if (!/^\d{9,14}$/.test(text)) return null;
  return Number(text) * (text.length <= 10 ? 1_000 : 1);
}

function missing(field: 'alert_id' | 'alert_transition'): void {
  refuseIf({ kind: 'invalid', field, detail: `must be "$${field.toUpperCase()}" in the webhook's payload` });
}
