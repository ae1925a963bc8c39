// Issues of Sentry, by themselves and by an alert rule. Source: docs.sentry.io, "Webhooks", "Issues" and "Issue Alerts".

import { z } from 'zod';
import type { Severity } from '../../../domain/scope.ts';
import { instantIn } from '../../events/reported.ts';
import { parsed } from '../../http/event-request.ts';
import type { ReadContext, Reading } from '../webhook.ts';
import { readingOf, type SentrySettings } from './said.ts';

const text = z.string().nullish();
const id = z.union([z.string().regex(/^\d{1,30}$/, 'must be a number'), z.int().min(0)]);

const issueSchema = z.object({
  issue: z.object({
    id,
    title: text,
    level: text,
    firstSeen: text,
    project: z.object({ slug: text }).nullish(),
  }),
});

const statusOf: Readonly<Partial<Record<string, 'firing' | 'resolved'>>> = {
  created: 'firing',
  unresolved: 'firing',
  resolved: 'resolved',
  // Somebody decided that nobody is to be bothered by it.
  archived: 'resolved',
  ignored: 'resolved',
};

export function ofIssue(action: string, data: unknown, context: ReadContext<SentrySettings>): Reading {
  const status = Object.hasOwn(statusOf, action) ? statusOf[action] : undefined;
  if (status === undefined) return { items: [], ignored: 'this neither begins an issue nor ends it' };
  if (status === 'firing' && !context.settings.newIssues)
    return { items: [], ignored: 'alert rules say which issues matter (ingest.sentry.newIssues)' };
  const { issue } = parsed(issueSchema, data, 'data');
  const said = {
    id: nameOf(issue.id),
    status,
    severity: severityOf(issue.level),
    title: issue.title ?? '',
    project: issue.project?.slug ?? '',
    environment: '',
    // What comes back begins anew, though it was seen long ago.
    startsAtMs: action === 'created' ? instantIn(issue.firstSeen) : null,
  };
  return readingOf(said, context);
}

const eventSchema = z.object({
  event: z
    .object({
      issue_id: id.nullish(),
      issue_url: text,
      title: text,
      message: text,
      level: text,
      datetime: text,
      environment: text,
      url: text,
    })
    .transform((event) => ({
      ...event,
      issue: event.issue_id ?? /\/issues\/(\d{1,30})\/?$/.exec(event.issue_url ?? '')?.[1] ?? '',
    }))
    .refine(({ issue }) => issue !== '', { path: ['issue_id'], error: 'must name the issue' }),
});

/** Its issue is the alert: the rule may be triggered by one event of it after the other. */
export function ofIssueAlert(data: unknown, context: ReadContext<SentrySettings>): Reading {
  const { event } = parsed(eventSchema, data, 'data');
  const said = {
    id: nameOf(event.issue),
    status: 'firing' as const,
    severity: severityOf(event.level),
    title: event.title || event.message || '',
    project: /\/projects\/[^/]{1,200}\/([^/]{1,200})\//.exec(event.url ?? '')?.[1] ?? '',
    environment: event.environment ?? '',
    startsAtMs: instantIn(event.datetime),
  };
  return readingOf(said, context);
}

function nameOf(issue: string | number): string {
  return `issue/${issue}`;
}

/** Nearly every issue is an error there; only what ends a process is fatal. */
function severityOf(level: string | null | undefined): Severity {
  if (level === 'fatal') return 'critical';
  return level === 'info' || level === 'debug' ? 'info' : 'warning';
}
