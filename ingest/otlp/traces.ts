// OTLP spans to span summaries: who called whom, how long, and whether it failed.

import type { SpanKind, SpanSummary } from '../../domain/observation.ts';
import { cleanText } from '../text.ts';
import { type DecodeContext, findAttribute, type ResourceFacts, readResource } from './attributes.ts';
import { child, each, millis, type Node, number, roundToMicros, text } from './fields.ts';
import type { RejectReason } from './tally.ts';
import { timeProblem } from './timing.ts';

/** Span.SpanKind by number; 0 (unspecified) and unknown ones are internal. */
const spanKinds: Readonly<Record<number, SpanKind>> = {
  1: 'internal',
  2: 'server',
  3: 'client',
  4: 'producer',
  5: 'consumer',
};
const statusError = 2;

export function readTraces(request: Node, context: DecodeContext, emit: (span: SpanSummary) => void): void {
  each(request, 'resourceSpans', (resourceLevel) => {
    const resource = readResource(resourceLevel, context);
    each(resourceLevel, 'scopeSpans', (scopeLevel) => {
      each(scopeLevel, 'spans', (node) => {
        const span = readSpan(node, resource, context);
        if (typeof span === 'string') context.tally.reject(span, `a span of ${resource.scope.service}`);
        else emit(span);
      });
    });
  });
}

function readSpan(node: Node, resource: ResourceFacts, context: DecodeContext): SpanSummary | RejectReason {
  const startMs = millis(node, 'startTimeUnixNano');
  const endMs = millis(node, 'endTimeUnixNano');
  const problem = timeProblem(endMs, context);
  if (problem !== null) return problem;
  if (!(startMs > 0)) return 'no-timestamp';
  if (endMs < startMs) return 'bad-duration';
  const traceId = readId(node, 'traceId', 32);
  const spanId = readId(node, 'spanId', 16);
  if (traceId === null || spanId === null) return 'bad-id';
  const parentSpanId = readId(node, 'parentSpanId', 16);
  const spanKind = spanKinds[number(node, 'kind')] ?? 'internal';
  const status = child(node, 'status');
  const peer =
    spanKind === 'client' || spanKind === 'producer'
      ? findAttribute(node, ['peer.service', 'server.address'], context)
      : '';
  return {
    kind: 'span',
    scope: resource.scope,
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    spanKind,
    name: cleanText(text(node, 'name'), context.limits.maxNameChars),
    startMs,
    durationMs: roundToMicros(endMs - startMs),
    error: status !== null && number(status, 'code') === statusError,
    ...(peer === '' ? {} : { peer }),
    ...(resource.release === undefined ? {} : { release: resource.release }),
  };
}

/** Lower-case hex of the right length and not all zeros, else null. */
function readId(node: Node, key: string, digits: number): string | null {
  const id = text(node, key);
  if (id.length !== digits || !/^[0-9a-fA-F]+$/.test(id) || /^0+$/.test(id)) return null;
  return id.toLowerCase();
}
