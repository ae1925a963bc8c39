// Somebody else's alert as an anomaly: detector `external`, signal `reported`. Its id is made from the sender's own alert
// id; the inbox adds which occurrence it is, so that a firing and its resolution carry the same one.

import { createHash } from 'node:crypto';
import { commonOf } from '../../domain/alerts/common.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { AlertEvent } from '../../domain/observation.ts';
import { redactValue } from '../../domain/redaction/redact.ts';
import { scopeKey } from '../../domain/scope.ts';
import { boundedLabels } from '../../domain/silences/labels.ts';
import { cleanText } from '../text.ts';

/** `within`: what the sender's ids are told apart by, beside its name. Default: the environment. */
export function alertAnomaly(
  alert: AlertEvent,
  receivedMs: number,
  within: string = alert.scope.environment,
): Anomaly {
  const key = [within, alert.source, alert.id];
  const digest = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
  const common = commonOf((label) => alert.attributes[label] ?? '');
  const resolved = alert.status === 'resolved';
  const labels = boundedLabels(alert.labels ?? alert.attributes, (name, text, most) =>
    redactValue(name, cleanText(text, most)),
  );
  return {
    id: `external-${digest}`,
    state: resolved ? 'cleared' : 'firing',
    detector: 'external',
    signal: 'reported',
    scope: alert.scope,
    seriesKey: `alert|${scopeKey(alert.scope)}|${digest}`,
    metric: 'alert',
    direction: 'up',
    onsetMs: alert.atMs,
    detectedMs: receivedMs,
    ...(resolved ? { clearedMs: alert.atMs } : {}),
    expected: 0,
    seen: 1,
    score: 1000,
    confidence: 1,
    severity: alert.severity,
    title: alert.title,
    ...(Object.keys(common).length === 0 ? {} : { common }),
    ...(labels === undefined ? {} : { labels }),
    summary: `${alert.source} reported on ${alert.scope.service}: ${alert.title}`,
  };
}
