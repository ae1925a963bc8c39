// Bounded memory of recent spans, to explain one span by others of its trace: which calls a server span made, and which
// server span a call led to. Oldest traces go first.

import type { SpanKind, SpanSummary } from '../../observation.ts';

/** The part of a span that explains others. */
type Known = {
  readonly spanId: string;
  readonly kind: SpanKind;
  readonly service: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly error: boolean;
};

type Trace = { readonly byParent: Map<string, Known[]>; size: number; lastMs: number };

export type OwnCalls = { readonly failed: boolean; readonly waitedMs: number };

const maxDepth = 64;
const root = '';

export class TraceJoin {
  private readonly traces = new Map<string, Trace>();
  private readonly maxSpans: number;
  private readonly maxSpansPerTrace: number;
  private spans = 0;

  constructor(maxSpans: number, maxSpansPerTrace: number) {
    this.maxSpans = maxSpans;
    this.maxSpansPerTrace = maxSpansPerTrace;
  }

  /** Remembers the span. `duplicate`: it is known already; `full`: its trace is too large to keep more of it. */
  add(span: SpanSummary): 'kept' | 'duplicate' | 'full' {
    const endMs = span.startMs + span.durationMs;
    let trace = this.traces.get(span.traceId);
    if (trace === undefined) {
      trace = { byParent: new Map(), size: 0, lastMs: endMs };
      this.traces.set(span.traceId, trace);
    }
    const parent = span.parentSpanId ?? root;
    let siblings = trace.byParent.get(parent);
    if (siblings?.some((known) => known.spanId === span.spanId)) return 'duplicate';
    trace.lastMs = Math.max(trace.lastMs, endMs);
    if (trace.size >= this.maxSpansPerTrace) return 'full';
    if (siblings === undefined) {
      siblings = [];
      trace.byParent.set(parent, siblings);
    }
    const { spanId, spanKind: kind, startMs, error } = span;
    siblings.push({ spanId, kind, service: span.scope.service, startMs, endMs, error });
    trace.size += 1;
    this.spans += 1;
    while (this.spans > this.maxSpans) this.dropOldest();
    return 'kept';
  }

  /** What a server span did through calls of its own service: whether one failed, and how long it waited for them. */
  ownCalls(server: SpanSummary): OwnCalls {
    const byParent = this.traces.get(server.traceId)?.byParent;
    if (byParent === undefined) return { failed: false, waitedMs: 0 };
    const calls: Known[] = [];
    collect(byParent, server.spanId, server.scope.service, calls, 0);
    return { failed: calls.some(({ error }) => error), waitedMs: coveredMs(calls, server) };
  }

  /** The service whose server span answered this call, when it was seen. */
  calleeOf(client: SpanSummary): string | undefined {
    const children = this.traces.get(client.traceId)?.byParent.get(client.spanId);
    return children?.find(({ kind }) => kind === 'server' || kind === 'consumer')?.service;
  }

  /** Forgets the traces that ended before the instant, up to the first one (in the order of arrival) that did not. */
  forgetBefore(ms: number): void {
    for (const [id, trace] of this.traces) {
      if (trace.lastMs >= ms) return;
      this.remove(id, trace);
    }
  }

  private dropOldest(): void {
    for (const [id, trace] of this.traces) {
      this.remove(id, trace);
      return;
    }
    this.spans = 0;
  }

  private remove(id: string, trace: Trace): void {
    this.traces.delete(id);
    this.spans -= trace.size;
  }
}

/** Client spans under `spanId`, directly or through internal spans of the same service. */
function collect(
  byParent: ReadonlyMap<string, readonly Known[]>,
  spanId: string,
  service: string,
  into: Known[],
  depth: number,
): void {
  if (depth > maxDepth) return;
  for (const child of byParent.get(spanId) ?? []) {
    if (child.service !== service) continue;
    if (child.kind === 'client' || child.kind === 'producer') into.push(child);
    else if (child.kind === 'internal') collect(byParent, child.spanId, service, into, depth + 1);
  }
}

/** Length of the union of the calls' intervals, inside the server span's own. */
function coveredMs(calls: readonly Known[], server: SpanSummary): number {
  const fromMs = server.startMs;
  const toMs = server.startMs + server.durationMs;
  let covered = 0;
  let reachedMs = fromMs;
  for (const call of calls.toSorted((a, b) => a.startMs - b.startMs)) {
    const start = Math.max(call.startMs, reachedMs);
    const end = Math.min(call.endMs, toMs);
    if (end > start) covered += end - start;
    reachedMs = Math.max(reachedMs, end);
  }
  return covered;
}
