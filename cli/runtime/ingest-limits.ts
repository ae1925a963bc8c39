// Limits in front of ingest, per sending address: telemetry and events apart, so that neither crowds out the other.

import { ApiProblem, problemResponse } from '../../api/errors.ts';
import { createLimiter } from '../../api/http/limiter.ts';
import type { Metrics } from '../../api/ports.ts';
import type { Config } from '../../config/load.ts';
import { routePath } from '../../domain/http-path.ts';
import { requestIdOf } from '../../ingest/http/request-id.ts';
import { statusAnswer } from '../../ingest/otlp/respond.ts';
import type { Fetch } from './http.ts';

/** google.rpc.Code RESOURCE_EXHAUSTED. OTLP senders take 429 as "the same again, later". */
const resourceExhausted = 8;

type Limits = Pick<Config['server']['rateLimits'], 'eventsPerSource' | 'telemetryPerSource'>;

/** The same fetch, but whoever sends too much is told when to come back, before anything of the body is read. */
export function limitedIngest(fetch: Fetch, limits: Limits, metrics: Metrics): Fetch {
  const telemetry = createLimiter('telemetry', limits.telemetryPerSource, metrics);
  const events = createLimiter('events', limits.eventsPerSource, metrics);
  return async (request, from) => {
    const { pathname } = new URL(request.url);
    const isTelemetry = routePath(pathname).startsWith('/v1/');
    const limiter = isTelemetry ? telemetry : events;
    const taken = await limiter?.take(from.address);
    if (limiter === null || taken === undefined || taken.allowed) return fetch(request, from);
    const detail = `at most ${limiter.perMinute} requests a minute are accepted from one source; try again in ${taken.retryAfterSeconds} s`;
    const requestId = requestIdOf(request);
    if (isTelemetry) {
      const json = request.headers.get('content-type')?.startsWith('application/json') === true;
      const { contentType, body } = statusAnswer(json ? 'json' : 'protobuf', resourceExhausted, detail);
      const headers = { 'content-type': contentType, 'x-request-id': requestId, ...taken.headers };
      return new Response(body, { status: 429, headers });
    }
    const problem = new ApiProblem('rate-limited', detail, { reason: limiter.name, headers: taken.headers });
    const response = problemResponse(problem, { path: pathname, requestId });
    response.headers.set('x-request-id', requestId);
    return response;
  };
}
