// New Relic's workflow webhooks: an issue there is an alert here. Sources: docs.newrelic.com, "Notification integrations" (webhook,
// the default template) and "Workflow variables".

import { z } from 'zod';
import { defaultSeverityWords } from '../../../domain/alerts/severity-words.ts';
import { defaultSubjectLabels } from '../../../domain/alerts/subject.ts';
import { labelSettingsWith, readLabels } from '../../events/label-settings.ts';
import { reportedItem } from '../../events/reported.ts';
import { flatTexts } from '../../events/texts.ts';
import { parsed } from '../../http/event-request.ts';
import { placeOf, servicesSetting } from '../places-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';

/** An issue of high priority comes from a warning threshold, and is a warning as words are that nobody knows. */
const severities = {
  ...defaultSeverityWords,
  critical: defaultSeverityWords.critical.filter((word) => word !== 'high'),
};

const settings = z
  .strictObject({
    ...labelSettingsWith({ service: [...defaultSubjectLabels.service, 'entity'], severities }),
    services: servicesSetting('New Relic'),
  })
  .prefault({})
  .describe(
    'How webhooks of New Relic are read (docs/new-relic.md). Labels are the tags of the issue, and its first entity as `entity`.',
  );
type Settings = z.output<typeof settings>;

const path = '/api/v1/webhooks/new-relic';

export const newRelic: Source<typeof settings> = {
  settings,
  limits: 'events',
  below: [path],
  ways: [
    webhook({
      route: 'new-relic',
      path,
      takes: "New Relic's workflow webhooks",
      proof: { by: 'key' },
      read: readIssue,
    }),
  ],
};

const text = z.string().nullish();
/** Variables of the template are lists or single values; what is not there is null. */
const texts = z.union([z.array(z.unknown()), z.string(), z.null()]).optional();
const instant = z.union([z.number(), z.string(), z.null()]).optional();
const issueSchema = z
  .object({
    id: text,
    issueId: text,
    title: texts,
    state: z.string(),
    priority: text,
    impactedEntities: texts,
    entitiesData: z.object({ names: texts }).nullish(),
    alertConditionNames: texts,
    labels: z.union([z.record(z.string(), z.unknown()), z.string(), z.null()]).optional(),
    createdAt: instant,
    updatedAt: instant,
    closedAt: instant,
  })
  .refine(({ id, issueId }) => (issueId || id || '') !== '', {
    path: ['id'],
    error: 'must be {{ json issueId }}',
  });

const statusOf: Readonly<Partial<Record<string, 'firing' | 'resolved'>>> = {
  CREATED: 'firing',
  ACTIVATED: 'firing',
  CLOSED: 'resolved',
};

function readIssue({ raw }: Delivery, context: ReadContext<Settings>): Reading {
  const issue = parsed(issueSchema, raw);
  const status = Object.hasOwn(statusOf, issue.state) ? statusOf[issue.state] : undefined;
  if (status === undefined) return { items: [], ignored: 'an issue in this state neither begins nor ends' };
  const { settings: names, limits } = context;
  const {
    title = '',
    condition = '',
    entity = '',
  } = flatTexts({
    ...{ title: issue.title, condition: issue.alertConditionNames },
    entity: issue.impactedEntities ?? issue.entitiesData?.names,
  });
  const labels = { ...(typeof issue.labels === 'object' ? flatTexts(issue.labels) : {}), entity };
  const rough = [condition, title];
  const labelled = readLabels(labels, names, rough, limits.maxNameChars, issue.priority ?? '');
  const place = placeOf(names.services, labelled.service);
  const item = reportedItem(
    {
      ...labelled,
      service: place.service,
      environment: place.environment || labelled.environment,
      id: issue.issueId || issue.id || '',
      status,
      startsAtMs: instantOf(issue.createdAt),
      endsAtMs: status === 'resolved' ? (instantOf(issue.closedAt) ?? instantOf(issue.updatedAt)) : null,
      title: title || condition,
      source: 'newrelic',
    },
    context,
  );
  return { items: [item] };
}

/** Milliseconds, or RFC 3339. */
function instantOf(given: z.output<typeof instant>): number | null {
  const atMs =
    typeof given === 'string' && !/^\d+$/.test(given) ? Date.parse(given) : Number(given ?? Number.NaN);
  return atMs > 0 && atMs < 8.64e15 ? atMs : null;
}
