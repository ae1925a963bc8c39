// OTLP log records. Source: opentelemetry.io/docs/specs/otel/logs/data-model.

import type { LogRecord } from '../../domain/observation.ts';
import {
  type DecodeContext,
  type ResourceFacts,
  readAttributes,
  readResource,
  valueText,
} from './attributes.ts';
import { child, each, millis, type Node, number, text } from './fields.ts';
import { timeProblem } from './timing.ts';

export function readLogs(request: Node, context: DecodeContext, emit: (record: LogRecord) => void): void {
  each(request, 'resourceLogs', (resourceLevel) => {
    const resource = readResource(resourceLevel, context);
    each(resourceLevel, 'scopeLogs', (scopeLevel) => {
      each(scopeLevel, 'logRecords', (record) => readRecord(record, resource, context, emit));
    });
  });
}

function readRecord(
  node: Node,
  resource: ResourceFacts,
  context: DecodeContext,
  emit: (record: LogRecord) => void,
): void {
  // Senders that read files know only when they saw the line; without either, it is now.
  const atMs = millis(node, 'timeUnixNano') || millis(node, 'observedTimeUnixNano') || context.nowMs;
  const problem = timeProblem(atMs, context);
  if (problem !== null) {
    context.tally.reject(problem, `a log record of ${resource.scope.service}`);
    return;
  }
  emit({
    kind: 'log',
    scope: resource.scope,
    atMs,
    severityNumber: severity(node),
    body: valueText(child(node, 'body'), context.limits.maxLogBodyChars, context),
    attributes: readAttributes(node, context),
  });
}

/** Severity 1 to 24; from the severity text when the number is not given, else "info". */
function severity(node: Node): number {
  const given = number(node, 'severityNumber');
  if (given >= 1 && given <= 24) return Math.floor(given);
  const word = text(node, 'severityText').slice(0, 20).toLowerCase();
  if (/fatal|panic|crit|emerg|alert/.test(word)) return 21;
  if (/err/.test(word)) return 17;
  if (/warn/.test(word)) return 13;
  if (/debug/.test(word)) return 5;
  return /trace/.test(word) ? 1 : 9;
}
