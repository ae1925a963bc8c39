// What stands in front of ingest: limits for each sender, telemetry and events apart, so that neither crowds out the other; and a
// word to the audit about whoever is refused. A sender with a good key is counted by it and by no address that others share;
// everybody else by address, and so are attempts with keys that are not known: a thousand made-up keys cost no thousand look-ups.

import { createHash } from 'node:crypto';
import { ApiProblem, problemResponse } from '../../api/errors.ts';
import { createLimiter, type Limiter, type Taken } from '../../api/http/limiter.ts';
import type { RefusalAudit } from '../../api/http/refusal-audit.ts';
import type { ApiKeys } from '../../api/ports/keys.ts';
import type { Metrics } from '../../api/ports/metrics.ts';
import type { Config } from '../../config/load.ts';
import { actorOf, unknownActor } from '../../domain/policy/identity.ts';
import { requestIdOf } from '../../ingest/http/request-id.ts';
import { answersInText, limitClassOf } from '../../ingest/http.ts';
import { statusAnswer } from '../../ingest/otlp/respond.ts';
import type { Fetch } from '../api/http.ts';

/** google.rpc.Code RESOURCE_EXHAUSTED. OTLP senders take 429 as "the same again, later". */
const resourceExhausted = 8;
/** How long a key that was good is counted by itself without a look. Whether it still is one, its route asks every time. */
const rememberedMs = 60_000;
const mostRemembered = 10_000;

type Limits = Pick<Config['server']['rateLimits'], 'eventsPerSource' | 'telemetryPerSource'>;
type Known = { readonly keyId: string; readonly actor: string; readonly untilMs: number };

export type LimitedIngestOptions = {
  readonly limits: Limits;
  readonly apiKeys: Pick<ApiKeys, 'authenticate'>;
  /** Null: refusals are not audited. */
  readonly refusals: Pick<RefusalAudit, 'note'> | null;
  readonly metrics: Metrics;
  readonly nowMs?: () => number;
};

/** The same fetch, but whoever sends too much is told when to come back, before anything of the body is read. */
export function limitedIngest(fetch: Fetch, options: LimitedIngestOptions): Fetch {
  const { limits, apiKeys, refusals, metrics, nowMs = () => performance.now() } = options;
  const telemetry = createLimiter('telemetry', limits.telemetryPerSource, metrics);
  const events = createLimiter('events', limits.eventsPerSource, metrics);
  const known = new Map<string, Known>();

  /** Whom a key stands for; null for none, and for one that is not known. Counts attempts that cost a look. */
  const holderOf = async (request: Request, limiter: Limiter | null, address: string) => {
    const presented = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (presented === undefined) return { holder: null, taken: await limiter?.take(address) };
    const digest = createHash('sha256').update(presented).digest('base64');
    const remembered = known.get(digest);
    if (remembered !== undefined && remembered.untilMs > nowMs()) return { holder: remembered };
    known.delete(digest);
    const taken = await limiter?.take(address);
    if (taken?.allowed === false) return { holder: null, taken };
    const principal = await apiKeys.authenticate(presented).catch(() => null);
    if (principal === null) return { holder: null, taken };
    const holder = { keyId: principal.keyId, actor: actorOf(principal), untilMs: nowMs() + rememberedMs };
    known.set(digest, holder);
    const [oldest] = known.keys();
    if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest);
    return { holder };
  };

  return async (request, from) => {
    const isTelemetry = limitClassOf(request) === 'telemetry';
    const limiter = isTelemetry ? telemetry : events;
    const { holder, taken: byAddress } = await holderOf(request, limiter, from.address);
    const taken = holder === null ? byAddress : await limiter?.take(`key:${holder.keyId}`);
    const note = (reason: string) =>
      refusals?.note({
        reason,
        actor: holder?.actor ?? unknownActor,
        route: isTelemetry ? 'telemetry' : 'events',
        address: from.address,
      });
    if (limiter === null || taken === undefined || taken.allowed) {
      const response = await fetch(request, from);
      if (response.status === 401) note('unauthenticated');
      if (response.status === 403) note('forbidden');
      return response;
    }
    note('over-quota');
    const whose = holder === null ? 'address' : 'key';
    return tooMany(request, isTelemetry, limiter, taken, whose);
  };
}

function tooMany(
  request: Request,
  isTelemetry: boolean,
  limiter: Limiter,
  taken: Taken,
  whose: 'key' | 'address',
): Response {
  const detail = `at most ${limiter.perMinute} requests a minute are accepted from one ${whose}; try again in ${taken.retryAfterSeconds} s`;
  const requestId = requestIdOf(request);
  if (isTelemetry && answersInText(request)) {
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'x-request-id': requestId,
      ...taken.headers,
    };
    return new Response(`${detail}\n`, { status: 429, headers });
  }
  if (isTelemetry) {
    const json = request.headers.get('content-type')?.startsWith('application/json') === true;
    const { contentType, body } = statusAnswer(json ? 'json' : 'protobuf', resourceExhausted, detail);
    const headers = { 'content-type': contentType, 'x-request-id': requestId, ...taken.headers };
    return new Response(body, { status: 429, headers });
  }
  const problem = new ApiProblem('rate-limited', detail, { reason: limiter.name, headers: taken.headers });
  const response = problemResponse(problem, { path: new URL(request.url).pathname, requestId });
  response.headers.set('x-request-id', requestId);
  return response;
}
