// Webhooks of an internal integration of Sentry: an issue or a metric alert there is an alert here. Source: docs.sentry.io,
// "Integration Platform", "Webhooks".

import { z } from 'zod';
import { parsed } from '../../http/event-request.ts';
import { hmacSha256, wrongWithSecrets } from '../../http/signatures.ts';
import { servicesSetting } from '../places-setting.ts';
import { reachSetting } from '../reach-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';
import { ofIssue, ofIssueAlert } from './issues.ts';
import { ofMetricAlert } from './metric-alerts.ts';
import type { SentrySettings } from './said.ts';

const settings = z
  .strictObject({
    newIssues: z
      .boolean()
      .default(false)
      .describe('Whether every new issue is an alert. Default: only those that an alert rule tells of.'),
    services: servicesSetting('Sentry (there they are projects)'),
    reach: reachSetting,
  })
  .prefault({})
  .describe('Webhooks of Sentry (docs/sentry.md). Off until `SENTINEL_SENTRY_WEBHOOK_SECRETS` is set.');

const variable = 'SENTINEL_SENTRY_WEBHOOK_SECRETS';
const path = '/api/v1/webhooks/sentry';

export const sentry: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about:
      'Client secrets of internal integrations in Sentry, separated by spaces: one for each, or two while one is replaced.',
    wrongWith: wrongWithSecrets,
  },
  limits: 'events',
  below: [path],
  ways: [
    webhook({
      route: 'sentry',
      path,
      takes: "webhooks of Sentry's internal integrations",
      proof: {
        by: 'signature',
        variable,
        // Sentry-Hook-Timestamp is not signed: whoever sends an old message again could write any other one.
        check: hmacSha256({
          header: 'sentry-hook-signature',
          signaturesIn: (value) => [value],
          encoding: 'hex',
        }),
      },
      reach: ({ reach }) => reach,
      read: readHook,
    }),
  ],
};

const hookSchema = z.object({ action: z.string(), data: z.unknown() });

function readHook({ raw, headers }: Delivery, context: ReadContext<SentrySettings>): Reading {
  const { action, data } = parsed(hookSchema, raw);
  switch (headers.get('sentry-hook-resource')) {
    case 'event_alert':
      return ofIssueAlert(data, context);
    case 'issue':
      return ofIssue(action, data, context);
    case 'metric_alert':
      return ofMetricAlert(action, data, context);
    default:
      return { items: [], ignored: 'this resource says nothing of an alert' };
  }
}
