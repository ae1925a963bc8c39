/** W3C trace context, carried by hand: the lab passes contexts explicitly and needs no async context manager. */
import { type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';

export interface Trace {
  span: Span;
  context: Context;
}

const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The context a request came with; a missing or broken header starts a new trace, as the specification asks. */
export function contextFromHeader(header: string | undefined): Context {
  const [, traceId, spanId, flags] = traceparentPattern.exec(header ?? '') ?? [];
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

export function headerFromSpan(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export function traceOf(span: Span, parent: Context): Trace {
  return { span, context: trace.setSpan(parent, span) };
}
