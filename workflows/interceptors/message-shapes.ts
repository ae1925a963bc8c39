// Which data belongs to which signal. Data that is signed may still be that of another message of the same incident, copied; a handler
// that fails on it would stop the incident.

import * as messages from '../messages.ts';

type Shape = (data: Record<string, unknown>) => boolean;

const isAnomaly: Shape = ({ id, detector, seriesKey, scope, severity, detectedMs }) =>
  areTexts(id, detector, seriesKey, severity) && isObject(scope) && typeof detectedMs === 'number';
const isClearing: Shape = ({ anomalyId, clearedMs }) => areTexts(anomalyId) && typeof clearedMs === 'number';

const shapes: Readonly<Record<string, Shape>> = {
  [messages.anomalyObserved.name]: isAnomaly,
  [messages.anomalyCleared.name]: isClearing,
  [messages.anomalyNews.name]: (data) => Array.isArray(data) && data.every(isNews),
  [messages.approvalDecided.name]: ({ approvalId, planHash, actor, decision }) =>
    areTexts(approvalId, planHash, actor, decision),
};

function isNews(one: unknown): boolean {
  if (!isObject(one)) return false;
  if (one.kind === 'observed') return isObject(one.anomaly) && isAnomaly(one.anomaly);
  return one.kind === 'cleared' && isClearing(one);
}

/** Whether this can be the data of a signal of this name; of names that are not ours nothing is known. */
export function isMessage(signalName: string, data: unknown): boolean {
  return isObject(data) && shapes[signalName]?.(data) !== false;
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
