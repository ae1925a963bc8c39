// Alertmanager, Grafana, and whoever posts to an Alertmanager. They send again after 5xx only, so an alert that can never be used is
// answered once and not asked for again, and a group that is too large is taken as far as it goes.

import type { z } from 'zod';
import type { LabelSettings } from '../../events/label-settings.ts';
import { parsed } from '../../http/event-request.ts';
import { hmacSha256, wrongWithSecrets } from '../../http/signatures.ts';
import type { InboxItem } from '../../ports.ts';
import type { Source } from '../source.ts';
import { type ReadContext, type Reading, type RefusedPart, webhook } from '../webhook.ts';
import { settings } from './config.ts';
import { decodeAlert, postedAlertsSchema, webhookSchema } from './decode.ts';

type Group = {
  readonly alerts: readonly unknown[];
  readonly source: 'alertmanager' | 'grafana';
  readonly receiver: string;
  /** How many the sender left out itself. */
  readonly truncated: number;
  /** Where the alerts are in the body, for errors. */
  readonly field: string;
};

const variable = 'SENTINEL_GRAFANA_WEBHOOK_SECRETS';
const signedAt = 'x-grafana-alerting-timestamp';
const signature = 'x-grafana-alerting-signature';
/** Source: grafana.com, "Configure webhook notifications", HMAC signature. */
const grafanaSigning = {
  variable,
  header: signature,
  check: hmacSha256({
    header: signature,
    signaturesIn: (value) => [value],
    encoding: 'hex',
    timestamp: { header: signedAt, unit: 'seconds', optional: true },
    before: (headers) => (headers.has(signedAt) ? `${headers.get(signedAt)}:` : ''),
  }),
};

export const alertmanager: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about:
      'Secrets of the HMAC signatures of contact points in Grafana, separated by spaces. Without it, Grafana needs a key.',
    wrongWith: wrongWithSecrets,
  },
  limits: 'events',
  below: ['/api/v1/alerts', '/api/v2/alerts'],
  ways: [
    webhook({
      route: 'alertmanager',
      path: '/api/v1/alerts/alertmanager',
      takes: "Alertmanager's webhook",
      proof: { by: 'key' },
      read: readGroup,
    }),
    webhook<z.output<typeof settings>>({
      route: 'grafana',
      path: '/api/v1/alerts/grafana',
      takes: "Grafana's webhook",
      proof: { by: 'key', orSigned: grafanaSigning },
      reach: ({ reach }) => reach,
      read: readGroup,
    }),
    webhook({
      route: 'posted-alerts',
      path: '/api/v2/alerts',
      takes: 'what is posted to an Alertmanager',
      proof: { by: 'key' },
      read: readPosted,
    }),
  ],
};

/** Alertmanager's webhook, or Grafana's: which of them, its fields say. */
function readGroup({ raw }: { readonly raw: unknown }, context: ReadContext<LabelSettings>): Reading {
  const { alerts, truncatedAlerts, receiver, version, orgId } = parsed(webhookSchema, raw);
  const source = version === '1' || orgId !== undefined ? 'grafana' : 'alertmanager';
  const truncated = truncatedAlerts ?? 0;
  return readAlerts({ alerts, source, receiver: receiver ?? '', truncated, field: 'alerts' }, context);
}

/** As Prometheus and Grafana post to an Alertmanager: an array of alerts, firing until their end has passed. */
function readPosted({ raw }: { readonly raw: unknown }, context: ReadContext<LabelSettings>): Reading {
  const alerts = parsed(postedAlertsSchema, raw);
  return readAlerts({ alerts, source: 'alertmanager', receiver: '', truncated: 0, field: '' }, context);
}

function readAlerts(group: Group, context: ReadContext<LabelSettings>): Reading {
  const { alerts, source, receiver, truncated, field } = group;
  const { maxAlerts } = context.limits;
  const items: InboxItem[] = [];
  const refused: RefusedPart[] = [];
  for (const [index, one] of alerts.slice(0, maxAlerts).entries()) {
    const decoded = decodeAlert(one, { ...context, labels: context.settings, source, receiver });
    if (decoded.ok) items.push(decoded.item);
    else refused.push({ index, problem: decoded.problem });
  }
  const left = Math.max(0, alerts.length - maxAlerts);
  if (left > 0) {
    const detail = `${left} alerts past the first ${maxAlerts} were not taken; set max_alerts, or group by more labels`;
    refused.push({ index: maxAlerts, problem: { kind: 'invalid', field: '', detail } });
  }
  const refusedCount = refused.length + Math.max(0, left - 1);
  const about = { source, receiver, of: alerts.length, truncated };
  return { items, refused, refusedCount, field, about, more: { truncated } };
}
