// Which data belongs to which signal. Data that is signed may still be that of another message of the same incident, copied; a handler
// that fails on it would stop the incident.

import * as messages from '../messages.ts';

const shapes: Readonly<Record<string, (data: Record<string, unknown>) => boolean>> = {
  [messages.anomalyObserved.name]: ({ id, detector, seriesKey, scope, severity, detectedMs }) =>
    areTexts(id, detector, seriesKey, severity) && isObject(scope) && typeof detectedMs === 'number',
  [messages.anomalyCleared.name]: ({ anomalyId, clearedMs }) =>
    areTexts(anomalyId) && typeof clearedMs === 'number',
  [messages.approvalDecided.name]: ({ approvalId, planHash, actor, decision }) =>
    areTexts(approvalId, planHash, actor, decision),
};

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
