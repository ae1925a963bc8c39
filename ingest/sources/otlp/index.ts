// OpenTelemetry's own protocol, over HTTP and gRPC. Source: opentelemetry.io/docs/specs/otlp.

import { bodyStatus } from '../../http/body.ts';
import type { IngestAppDeps } from '../../http/deps.ts';
import { requestIdOf } from '../../http/request-id.ts';
import type { OtlpEncoding, OtlpSignal } from '../../otlp/decode.ts';
import { Malformed, TooMany } from '../../otlp/malformed.ts';
import { type Answer, statusAnswer, successAnswer } from '../../otlp/respond.ts';
import type { Source, Way } from '../source.ts';

/** Numbers of google.rpc.Code. */
const rpcCode: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 8,
  415: 3,
  500: 13,
  503: 14,
};
const retryAfterSeconds = 2;

const services: Readonly<Record<OtlpSignal, string>> = {
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
  traces: 'trace.v1.TraceService',
};

const way = (signal: OtlpSignal): Way<null> => ({
  path: `/v1/${signal}`,
  rpc: `/opentelemetry.proto.collector.${services[signal]}/Export`,
  takes: `OTLP ${signal}, as Protobuf or JSON`,
  proof: 'API key',
  handle: (request, deps, address) => handleOtlp(signal, request, deps, address),
});

export const otlp: Source<null> = {
  settings: null,
  limits: 'telemetry',
  // Exporters append their own path to what they are given as an endpoint.
  below: ['/v1', '/opentelemetry', '/otlp'],
  ways: (['metrics', 'logs', 'traces'] as const).map(way),
};

/** Answers one export request. Never throws. */
async function handleOtlp(
  signal: OtlpSignal,
  request: Request,
  deps: IngestAppDeps,
  address: string,
): Promise<Response> {
  const requestId = requestIdOf(request);
  const encoding = encodingOf(request);
  const refuse = (
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ): Response => {
    deps.metrics.count('sentinel_ingest_requests_total', { route: signal, status: String(status) });
    const answer = statusAnswer(encoding ?? 'json', rpcCode[status] ?? 2, message);
    return respond(status, answer, requestId, headers);
  };
  try {
    const authorization = await deps.authorize(request, 'ingest:write', address);
    if (!authorization.allowed) {
      return authorization.reason === 'forbidden'
        ? refuse(403, authorization.detail)
        : refuse(401, authorization.detail, { 'www-authenticate': 'Bearer' });
    }
    if (encoding === null) {
      return refuse(415, 'content-type must be application/x-protobuf or application/json');
    }
    const body = await deps.readBody(request);
    if (!body.ok) {
      const later: Record<string, string> = {};
      if (body.problem === 'busy') later['retry-after'] = String(retryAfterSeconds);
      return refuse(bodyStatus[body.problem], body.detail, later);
    }
    const result = await deps.pipeline.accept(signal, encoding, body.bytes, authorization.sender);
    if (result.kind === 'retry') {
      const detail = `not stored yet: the ${result.missing} is unavailable; send the same again`;
      return refuse(503, detail, { 'retry-after': String(retryAfterSeconds) });
    }
    deps.metrics.count('sentinel_ingest_requests_total', { route: signal, status: '200' });
    return respond(200, successAnswer(signal, encoding, result.tally), requestId);
  } catch (error) {
    if (error instanceof Malformed) return refuse(400, error.message);
    if (error instanceof TooMany) return refuse(413, error.message);
    deps.log.error({ err: error, requestId, route: signal }, 'an OTLP request failed');
    // Retryable: the sender keeps its data.
    return refuse(503, 'internal error; send the same again', { 'retry-after': String(retryAfterSeconds) });
  }
}

function encodingOf(request: Request): OtlpEncoding | null {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'application/x-protobuf' || type === 'application/protobuf' ? 'protobuf' : null;
}

function respond(
  status: number,
  answer: Answer,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const all = { 'content-type': answer.contentType, 'x-request-id': requestId, ...headers };
  return new Response(answer.body, { status, headers: all });
}
