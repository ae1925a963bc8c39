// OTLP spans to span summaries: who called whom, how long, and whether it failed.

import { attributeNames } from '../../domain/conventions.ts';
import { callFailed, failureAttributes, type SpanStatus } from '../../domain/failed-call.ts';
import type { SpanKind, SpanSummary } from '../../domain/observation.ts';
import { cleanText } from '../text.ts';
import { type DecodeContext, findAttribute, findAttributes } from './attributes.ts';
import { child, choice, each, field, millis, type Node, number, roundToMicros, text } from './fields.ts';
import { type ResourceFacts, readResource } from './identity.ts';
import { eachItem, eachScope } from './items.ts';
import type { RejectReason } from './tally.ts';
import { timeProblem } from './timing.ts';

type GivenKind = SpanKind | 'unspecified';

/** Span.SpanKind by number; unknown ones are unspecified. */
const spanKinds: Readonly<Record<number, GivenKind>> = {
  1: 'internal',
  2: 'server',
  3: 'client',
  4: 'producer',
  5: 'consumer',
};
const kindNames = {
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
};
const statuses: readonly SpanStatus[] = ['unset', 'ok', 'error'];
const statusNames = { STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 };

/** SpanFlags: whether it is known that the parent is in another process, and that it is. */
const remoteParent = 0x100 | 0x200;

/** Who was called, by what names it best. */
const peerAttributes: readonly string[] = (
  [
    'service.peer.name',
    'server.address',
    'messaging.destination.name',
    'db.namespace',
    'db.system.name',
  ] as const
).flatMap(attributeNames);

export function readTraces(request: Node, context: DecodeContext, emit: (span: SpanSummary) => void): void {
  each(request, 'resourceSpans', (resourceLevel) => {
    const resource = readResource(resourceLevel, context);
    const subject = { scope: resource.scope, what: `a span of ${resource.scope.service}` };
    const here = spanIds(resourceLevel);
    eachScope(resourceLevel, 'scopeSpans', 'instrumentationLibrarySpans', (scopeLevel) => {
      eachItem(scopeLevel, 'spans', subject, context, (node) => {
        const span = readSpan(node, resource, here, context);
        if (typeof span === 'string') return span;
        emit(span);
        return null;
      });
    });
  });
}

/** The spans of one resource, to tell work inside of a request from the request. */
function spanIds(resourceLevel: Node): ReadonlySet<unknown> {
  const ids = new Set<unknown>();
  eachScope(resourceLevel, 'scopeSpans', 'instrumentationLibrarySpans', (scopeLevel) => {
    each(scopeLevel, 'spans', (node) => {
      ids.add(field(node, 'spanId'));
    });
  });
  return ids;
}

function readSpan(
  node: Node,
  resource: ResourceFacts,
  here: ReadonlySet<unknown>,
  context: DecodeContext,
): SpanSummary | RejectReason {
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
  const spanKind = kindOf(node, parentSpanId === null, here);
  const side = spanKind === 'client' || spanKind === 'producer' ? 'client' : 'server';
  const status = child(node, 'status');
  const code = status === null ? 0 : choice(status, 'code', statusNames);
  const failure = findAttributes(node, failureAttributes, context);
  const peer = side === 'client' ? findAttribute(node, peerAttributes, context) : '';
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
    error: callFailed(side, statuses[code] ?? 'unset', failure),
    ...(peer === '' ? {} : { peer }),
    ...(resource.release === undefined ? {} : { release: resource.release }),
  };
}

/**
 * Work that came from another process is a request that was served, whatever the span calls itself. One that does not say
 * what it is counts as a request, too, unless its parent stands beside it.
 */
function kindOf(node: Node, isRoot: boolean, here: ReadonlySet<unknown>): SpanKind {
  const kind = spanKinds[choice(node, 'kind', kindNames)] ?? 'unspecified';
  if (kind !== 'internal' && kind !== 'unspecified') return kind;
  if ((number(node, 'flags') & remoteParent) === remoteParent) return 'server';
  if (kind === 'internal') return 'internal';
  return isRoot || !here.has(field(node, 'parentSpanId')) ? 'server' : 'internal';
}

/** Lower-case hex of the right length and not all zeros, else null. Some senders write ids as proto3's JSON has bytes. */
function readId(node: Node, key: string, digits: number): string | null {
  const given = text(node, key);
  const isBase64 = given.length === Math.ceil(digits / 6) * 4 && given.endsWith('=');
  const id = isBase64 ? Buffer.from(given, 'base64').toString('hex') : given;
  if (id.length !== digits || !/^[0-9a-fA-F]+$/.test(id) || /^0+$/.test(id)) return null;
  return id.toLowerCase();
}
