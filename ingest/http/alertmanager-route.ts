// POST /api/v1/alerts/alertmanager: every usable alert of the group is in the durable inbox before the 2xx. Alertmanager
// sends again after 5xx only, so an alert that can never be used is answered once and not asked for again.

import { decodeAlert, webhookSchema } from '../alertmanager/decode.ts';
import { alertAnomaly } from '../events/alert.ts';
import { anomalyItem } from '../events/items.ts';
import type { Invalid } from '../events/schema.ts';
import type { InboxItem } from '../ports.ts';
import type { IngestAppDeps } from './deps.ts';
import { answerEvents, parsed, refuseIf, storeEvents } from './event-request.ts';

type RefusedAlert = { readonly index: number; readonly problem: Invalid };

/** Answers one request: 202 with what became of every alert, 422 when none can be used. Never throws. */
export function handleAlertmanager(
  request: Request,
  deps: IngestAppDeps,
  address: string,
): Promise<Response> {
  return answerEvents('alertmanager', request, deps, address, async ({ raw, requestId, sender }) => {
    const { alerts, truncatedAlerts: truncated = 0, receiver = '' } = parsed(webhookSchema, raw);
    if (alerts.length > deps.limits.maxEvents) {
      const detail = `at most ${deps.limits.maxEvents} alerts; set max_alerts in webhook_configs`;
      refuseIf({ kind: 'invalid', field: 'alerts', detail });
    }
    const receivedMs = deps.clock.nowMs();
    const items: InboxItem[] = [];
    const refused: RefusedAlert[] = [];
    for (const [index, one] of alerts.entries()) {
      const decoded = decodeAlert(one, { ...deps, labels: deps.alertmanagerLabels, receivedMs });
      if (decoded.ok) items.push(anomalyItem(alertAnomaly(decoded.alert, receivedMs)));
      else refused.push({ index, problem: decoded.problem });
    }
    if (refused.length > 0) {
      deps.metrics.count('sentinel_ingest_events_total', { outcome: 'refused' }, refused.length);
      deps.log.warn(
        { requestId, receiver, refused: refused.slice(0, 10).map(explained), of: alerts.length },
        'alerts of Alertmanager were refused',
      );
    }
    if (truncated > 0)
      deps.log.warn({ requestId, receiver, truncated }, 'Alertmanager left alerts out (max_alerts)');
    if (items.length === 0 && refused[0] !== undefined) {
      const { index, problem } = refused[0];
      refuseIf({ ...problem, field: `alerts[${index}].${problem.field}` });
    }
    const accepted = items.length === 0 ? 0 : await storeEvents(items, deps, sender);
    return { accepted, duplicates: items.length - accepted, refused: refused.map(explained), truncated };
  });
}

function explained({ index, problem: { field, detail } }: RefusedAlert) {
  return { index, field, detail };
}
