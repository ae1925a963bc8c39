// The REST API as one fetch function: every route of the table, with ids, headers, log, metrics and errors around it.

import { type Context, Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { routePath } from '../domain/http-path.ts';
import { actorOf } from '../domain/policy/identity.ts';
import { createDashboard } from './dashboard/index.ts';
import type { ApiDeps } from './deps.ts';
import { ApiProblem, asProblem, problemResponse } from './errors.ts';
import { authenticate } from './http/authenticate.ts';
import type { From } from './http/client-address.ts';
import { readJson } from './http/json-body.ts';
import { belowPrefix } from './http/prefix.ts';
import { createQuota, type Ticket } from './http/quota.ts';
import type { RefusalAudit } from './http/refusal-audit.ts';
import { requestIdOf, traceIdOf } from './http/request-id.ts';
import { type Answer, matches, type Route } from './http/route.ts';
import { securityHeaders } from './http/security-headers.ts';
import { bearerKey, type WayIn } from './http/ways-in.ts';
import type { Logger } from './ports/logger.ts';
import type { Principal } from './ports/principal.ts';
import { depsWithin } from './reach/deps-within.ts';
import { OutOfReach } from './reach/out-of-reach.ts';
import { routes } from './routes/index.ts';
import { browserSession } from './session/way-in.ts';

type Env = {
  Bindings: Partial<From> | undefined;
  Variables: {
    requestId: string;
    log: Logger;
    route: string;
    limits: Readonly<Record<string, string>>;
    /** Null where requests are not counted. */
    ticket: Ticket | null;
  };
};

/** Mount it or serve its `fetch`; it holds nothing that needs closing. */
export function createApp(deps: ApiDeps): Hono<Env> {
  const app = new Hono<Env>({ getPath: (request) => routePath(getPath(request)) });
  app.use(securityHeaders);
  app.use(belowPrefix);
  app.use(async (c, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(c.req.header('x-request-id'), deps.newId);
    const traceId = traceIdOf(c.req.header('traceparent'));
    c.set('requestId', requestId);
    c.set('log', deps.log.child({ requestId, ...(traceId === null ? {} : { traceId }) }));
    c.set('route', 'unmatched');
    c.set('limits', {});
    c.set('ticket', null);
    await next();
    c.header('x-request-id', requestId);
    for (const [name, value] of Object.entries(c.get('limits'))) c.header(name, value);
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
    const seconds = (performance.now() - startedAt) / 1000;
    const labels = { route: c.get('route'), method: methodLabel(c.req.method), status: String(c.res.status) };
    deps.metrics.observe('sentinel_http_request_duration_seconds', labels, seconds);
    c.get('log').info({ ...labels, seconds: Number(seconds.toFixed(4)) }, 'request');
  });
  const { dashboard } = deps;
  const quota = createQuota(deps.rateLimits, deps.metrics);
  app.use(async (c, next) => {
    if (uncounted.test(c.req.path)) return next();
    try {
      const ticket = await quota.enter(c.req.raw, addressOf(c));
      c.set('ticket', ticket);
      await next();
      // What nobody has claimed was nobody's in particular.
      c.set('limits', await ticket.byAddress());
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.kind !== 'rate-limited') throw error;
      c.res = problemResponse(error, surroundings(c));
    }
  });
  const refusals = deps.refusals ?? null;
  const guard: Guard = {
    ways: [bearerKey(deps.apiKeys), ...(dashboard ? [browserSession(dashboard)] : [])],
    refusals,
  };
  for (const route of routes) app.on(route.method, route.path, (c) => serve(route, c, deps, guard));
  if (dashboard) app.route('/', createDashboard(deps, dashboard, refusals));
  app.notFound((c) => problemResponse(noRoute(c.req.method, c.req.path), surroundings(c)));
  app.onError((error, c) => {
    const { kind } = asProblem(error);
    if (!(error instanceof ApiProblem) && (kind === 'internal' || kind === 'unavailable')) {
      c.get('log').error({ err: error }, 'request failed');
    }
    return problemResponse(error, surroundings(c));
  });
  return app;
}

/**
 * Whether the process lives is asked all the time and costs nothing, like the files of pages; clicks come from a few addresses of
 * Slack for everybody, and what it did not sign is refused before anything is looked up.
 */
const uncounted = /^\/(health|api\/v1\/slack\/events|assets\/[^/]+\/[^/]+)$/;

/** What stands between a request and its route. */
type Guard = {
  readonly ways: readonly WayIn[];
  readonly refusals: Pick<RefusalAudit, 'note'> | null;
};

async function serve(route: Route, c: Context<Env>, deps: ApiDeps, guard: Guard): Promise<Response> {
  c.set('route', route.path);
  const request = c.req.raw;
  const principal = await admit(route, c, deps, guard);
  if (route.permission !== 'public') c.set('log', c.get('log').child({ keyId: principal.keyId }));
  const input = {
    params: c.req.param(),
    query: queryOf(c.req.url),
    readBody: () => readJson(request, route.maxBodyBytes),
  };
  const surroundings = {
    principal,
    address: addressOf(c),
    requestId: c.get('requestId'),
    headers: request.headers,
    request,
    signal: request.signal,
    log: c.get('log'),
    deps: depsWithin(principal, deps),
    table: routes,
  };
  try {
    return respond(await route.run(input, surroundings));
  } catch (error) {
    if (error instanceof OutOfReach) {
      const refused = { actor: actorOf(principal), route: `${route.method} ${route.path}` };
      guard.refusals?.note({ ...refused, reason: 'out-of-reach', address: addressOf(c) });
    }
    throw error;
  }
}

/** Who it is, and whether they may; counted by the key they showed, or by their address. */
async function admit(route: Route, c: Context<Env>, { metrics }: ApiDeps, guard: Guard): Promise<Principal> {
  const ticket = c.get('ticket');
  const byAddress = async () => c.set('limits', (await ticket?.byAddress()) ?? {});
  let principal: Principal;
  try {
    principal = await authenticate(c.req.raw, route.permission, {
      ways: guard.ways,
      metrics,
      refused: (reason, actor) =>
        guard.refusals?.note({
          reason,
          actor,
          route: `${route.method} ${route.path}`,
          address: addressOf(c),
        }),
    });
  } catch (error) {
    await byAddress();
    throw error;
  }
  if (route.permission === 'public') await byAddress();
  else c.set('limits', (await ticket?.byKey(principal.keyId)) ?? {});
  return principal;
}

function addressOf(c: Context<Env>): string {
  return c.env?.address ?? 'unknown';
}

function respond(answer: Answer): Response {
  if ('response' in answer) return answer.response;
  return Response.json(answer.json, { status: answer.status ?? 200 });
}

/** Each parameter once; the second of a pair would be ignored, and the caller would not know which. */
function queryOf(url: string): Record<string, string> {
  const { searchParams } = new URL(url);
  for (const name of searchParams.keys()) {
    if (searchParams.getAll(name).length > 1) {
      const field = name.slice(0, 100);
      const message = 'is given more than once';
      throw new ApiProblem('invalid-input', `${field} ${message}`, { errors: [{ field, message }] });
    }
  }
  return Object.fromEntries(searchParams);
}

function noRoute(method: string, path: string): ApiProblem {
  const allowed = routes.filter((route) => matches(route.path, path)).map((route) => route.method as string);
  if (allowed.length === 0) return new ApiProblem('not-found', 'There is nothing at this path.');
  const headers = { allow: allowed.join(', ') };
  return new ApiProblem('method-not-allowed', `This path takes ${allowed.join(', ')}, not ${method}.`, {
    headers,
  });
}

function surroundings(c: Context<Env>): { path: string; requestId: string } {
  return { path: new URL(c.req.url).pathname.slice(0, 500), requestId: c.get('requestId') };
}

/** Metric labels come from closed sets; a method is whatever a client sends. */
function methodLabel(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
