// Alertmanager, Grafana, and whoever posts to an Alertmanager: every usable alert is in the durable inbox before the 2xx. Senders send
// again after 5xx only, so an alert that can never be used is answered once and not asked for again, and a group that is too
// large is taken as far as it goes.

import { reportItem } from '../../events/items.ts';
import type { Invalid } from '../../events/schema.ts';
import type { IngestAppDeps } from '../../http/deps.ts';
import { answerEvents, type EventRequest, parsed, refuseIf, storeEvents } from '../../http/event-request.ts';
import type { InboxItem } from '../../ports.ts';
import type { Source } from '../source.ts';
import { type AlertmanagerLabels, settings } from './config.ts';
import { decodeAlert, postedAlertsSchema, webhookSchema } from './decode.ts';

type RefusedAlert = { readonly index: number; readonly problem: Invalid };
type Group = {
  readonly alerts: readonly unknown[];
  readonly source: 'alertmanager' | 'grafana';
  readonly receiver: string;
  /** How many the sender left out itself. */
  readonly truncated: number;
  /** Where the alerts are in the body, for errors. */
  readonly field: string;
  readonly labels: AlertmanagerLabels;
};

export const alertmanager: Source<typeof settings> = {
  settings,
  limits: 'events',
  below: ['/api/v1/alerts', '/api/v2/alerts'],
  ways: [
    {
      path: '/api/v1/alerts/alertmanager',
      takes: "Alertmanager's webhook",
      handle: handleAlertmanager,
    },
    {
      path: '/api/v1/alerts/grafana',
      takes: "Grafana's webhook",
      handle: handleAlertmanager,
    },
    {
      path: '/api/v2/alerts',
      takes: 'what is posted to an Alertmanager',
      handle: handlePostedAlerts,
    },
  ],
};

/** Alertmanager's webhook, or Grafana's: 202 with what became of every alert, 422 when none can be used. Never throws. */
function handleAlertmanager(
  request: Request,
  deps: IngestAppDeps,
  address: string,
  labels: AlertmanagerLabels,
): Promise<Response> {
  return answerEvents('alertmanager', request, deps, address, ({ raw, ...told }) => {
    const { alerts, truncatedAlerts, receiver, version, orgId } = parsed(webhookSchema, raw);
    const source = version === '1' || orgId !== undefined ? 'grafana' : 'alertmanager';
    const truncated = truncatedAlerts ?? 0;
    return take({ alerts, source, receiver: receiver ?? '', truncated, field: 'alerts', labels }, told, deps);
  });
}

/** As Prometheus and Grafana post to an Alertmanager: an array of alerts, firing until their end has passed. */
function handlePostedAlerts(
  request: Request,
  deps: IngestAppDeps,
  address: string,
  labels: AlertmanagerLabels,
): Promise<Response> {
  return answerEvents('posted-alerts', request, deps, address, ({ raw, ...told }) => {
    const alerts = parsed(postedAlertsSchema, raw);
    return take(
      { alerts, source: 'alertmanager', receiver: '', truncated: 0, field: '', labels },
      told,
      deps,
    );
  });
}

async function take(
  group: Group,
  { requestId, sender }: Pick<EventRequest, 'requestId' | 'sender'>,
  deps: IngestAppDeps,
): Promise<Readonly<Record<string, unknown>>> {
  const { alerts, source, receiver, truncated, field, labels } = group;
  const { maxAlerts } = deps.limits;
  const receivedMs = deps.clock.nowMs();
  const items: InboxItem[] = [];
  const refused: RefusedAlert[] = [];
  for (const [index, one] of alerts.slice(0, maxAlerts).entries()) {
    const decoded = decodeAlert(one, { ...deps, labels, receivedMs, source, receiver });
    if (decoded.ok) {
      const { alert, startsAtMs, endsAtMs } = decoded;
      items.push(reportItem(alert, receivedMs, { startsAtMs, endsAtMs, once: false, place: null }));
    } else refused.push({ index, problem: decoded.problem });
  }
  const left = alerts.length - maxAlerts;
  if (left > 0) {
    const detail = `${left} alerts past the first ${maxAlerts} were not taken; set max_alerts, or group by more labels`;
    refused.push({ index: maxAlerts, problem: { kind: 'invalid', field: '', detail } });
  }
  report(refused, group, left, requestId, deps);
  if (truncated > 0) deps.log.warn({ requestId, receiver, truncated }, 'alerts were left out (max_alerts)');
  if (items.length === 0 && refused[0] !== undefined) {
    const { index, problem } = refused[0];
    const place = [`${field}[${index}]`, problem.field].filter((part) => part !== '').join('.');
    refuseIf({ ...problem, field: place });
  }
  const accepted = items.length === 0 ? 0 : await storeEvents(items, deps, sender);
  return { accepted, duplicates: items.length - accepted, refused: refused.map(explained), truncated };
}

function report(
  refused: readonly RefusedAlert[],
  { alerts, receiver, source }: Group,
  left: number,
  requestId: string,
  deps: IngestAppDeps,
): void {
  if (refused.length === 0) return;
  const count = refused.length + Math.max(0, left - 1);
  deps.metrics.count('sentinel_ingest_events_total', { outcome: 'refused' }, count);
  deps.log.warn(
    { requestId, source, receiver, refused: refused.slice(-10).map(explained), of: alerts.length },
    'alerts were refused',
  );
}

function explained({ index, problem: { field, detail } }: RefusedAlert) {
  return { index, field, detail };
}
