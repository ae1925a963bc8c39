// OTLP log records. Source: opentelemetry.io/docs/specs/otel/logs/data-model.

import { infoSeverity, severityOfWord } from '../../domain/log/severity.ts';
import { type LogWords, messageIn, readLogText, readLogValue } from '../../domain/log/words.ts';
import type { Attributes, LogRecord } from '../../domain/observation.ts';
import { cleanText } from '../text.ts';
import { type DecodeContext, plainValue, readAttributes } from './attributes.ts';
import { child, choice, each, field, millis, type Node, text } from './fields.ts';
import { type ResourceFacts, readResource } from './identity.ts';
import { eachItem, eachScope } from './items.ts';
import type { RejectReason } from './tally.ts';
import { timeProblem } from './timing.ts';

export function readLogs(request: Node, context: DecodeContext, emit: (record: LogRecord) => void): void {
  each(request, 'resourceLogs', (resourceLevel) => {
    const resource = readResource(resourceLevel, context);
    const subject = { scope: resource.scope, what: `a log record of ${resource.scope.service}` };
    eachScope(resourceLevel, 'scopeLogs', 'instrumentationLibraryLogs', (scopeLevel) => {
      const key = field(scopeLevel, 'logRecords') === undefined ? 'logs' : 'logRecords';
      eachItem(scopeLevel, key, subject, context, (record) => readRecord(record, resource, context, emit));
    });
  });
}

function readRecord(
  node: Node,
  resource: ResourceFacts,
  context: DecodeContext,
  emit: (record: LogRecord) => void,
): RejectReason | null {
  // Senders that read files know only when they saw the line; without either, it is now.
  const atMs = millis(node, 'timeUnixNano') || millis(node, 'observedTimeUnixNano') || context.nowMs;
  const problem = timeProblem(atMs, context);
  if (problem !== null) return problem;
  const attributes = readAttributes(node, context);
  const words = wordsOf(node, attributes, context);
  if (words.text.length > context.limits.maxLogBodyChars) context.tally.note('text-cut');
  emit({
    kind: 'log',
    scope: resource.scope,
    atMs,
    severityNumber: givenSeverity(node) ?? words.severityNumber ?? infoSeverity,
    body: cleanText(words.text, context.limits.maxLogBodyChars),
    attributes,
  });
  return null;
}

/** Of the body; an event without one is told by its name and its attributes. */
function wordsOf(node: Node, attributes: Attributes, context: DecodeContext): LogWords {
  const body = child(node, 'body');
  const value = body === null ? null : plainValue(body, context);
  const said = typeof value === 'string' ? readLogText(value) : readLogValue(value);
  if (said.text !== '') return said;
  // `name` is what eventName was before OTLP 0.19.
  const name = text(node, 'eventName') || text(node, 'name') || (attributes['event.name'] ?? '');
  const { 'event.name': _, ...rest } = attributes;
  const told = readLogValue(rest);
  const message = name === '' ? told.text : (messageIn(rest) ?? '');
  const words = [name, message].filter((part) => part !== '').join(' ');
  return { ...told, text: words === '' ? 'log record without words' : words };
}

/** Severity 1 to 24 as the record has it: the number, else its name or text. */
function givenSeverity(node: Node): number | null {
  const level = choice(node, 'severityNumber', severityNames);
  if (level >= 1 && level <= 24) return Math.floor(level);
  return severityOfWord(text(node, 'severityText'));
}

const severityNames = Object.fromEntries(
  ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((word, index) =>
    ['', '2', '3', '4'].map((suffix, step) => [`SEVERITY_NUMBER_${word}${suffix}`, index * 4 + step + 1]),
  ),
);
