/** The HTTP server of a replica: a SERVER span, the duration histogram and a log record for every request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { sendJson } from '../support/http.ts';
import { Failure } from './failure.ts';
import type { Handler } from './handler.ts';
import type { Replica } from './replica-type.ts';
import { SpanStatusCode } from './telemetry.ts';
import { contextFromHeader, type Trace, traceOf } from './trace.ts';

let requestCount = 0;

export function createRequestListener(replica: Replica, handle: Handler) {
  const { telemetry, start, spec } = replica;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = performance.now();
    const method = request.method ?? 'GET';
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const route = path in spec.routes ? path : '/unknown';
    const trace = startServerSpan(replica, request, method, path, route);
    telemetry.activeRequests.add(1, { 'http.request.method': method });
    requestCount += 1;
    const id = `${start.taskId}-${requestCount}`;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    request.resume();

    let failure: Failure | undefined;
    try {
      await handle({ path, id, trace, signal: gone.signal });
    } catch (error) {
      failure = error instanceof Failure ? error : new Failure(500, 'unexpected', String(error));
    }
    if (response.destroyed)
      failure ??= new Failure(499, 'client_closed', 'the caller went away before the answer');
    const status = failure?.status ?? 200;
    sendJson(response, status, failure ? { error: failure.message } : { id });
    telemetry.activeRequests.add(-1, { 'http.request.method': method });
    finish(replica, trace, { method, route, status, failure, durationMs: performance.now() - startedAt });
  };
  return (request: IncomingMessage, response: ServerResponse): void => void serve(request, response);
}

function startServerSpan(
  replica: Replica,
  request: IncomingMessage,
  method: string,
  path: string,
  route: string,
): Trace {
  const { telemetry, start } = replica;
  const parent = contextFromHeader(request.headers.traceparent as string | undefined);
  const attributes = {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': 'http',
    'http.route': route,
    'server.address': start.service,
  };
  const span = telemetry.tracer.startSpan(
    `${method} ${route}`,
    { kind: SpanKind.SERVER, attributes },
    parent,
  );
  return traceOf(span, parent);
}

interface Outcome {
  method: string;
  route: string;
  status: number;
  failure: Failure | undefined;
  durationMs: number;
}

function finish(
  { telemetry }: Replica,
  trace: Trace,
  { method, route, status, failure, durationMs }: Outcome,
): void {
  const attributes = {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    ...(failure ? { 'error.type': failure.type } : {}),
  };
  telemetry.requestDuration.record(durationMs / 1000, attributes);
  trace.span.setAttributes(attributes);
  const failed = failure !== undefined && (status >= 500 || status === 499);
  if (failed) trace.span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
  trace.span.end();
  if (failed) telemetry.log('error', `${method} ${route} failed with ${status}: ${failure.message}`, trace);
  else telemetry.log('info', `${method} ${route} answered ${status}`, trace);
}
