// The REST API as one fetch function: every route of the table, with ids, headers, log, metrics and errors around it.

import { type Context, Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { routePath } from '../domain/http-path.ts';
import { createDashboard } from './dashboard/index.ts';
import type { ApiDeps } from './deps.ts';
import { ApiProblem, asProblem, problemResponse } from './errors.ts';
import { authenticate } from './http/authenticate.ts';
import type { From } from './http/client-address.ts';
import { readJson } from './http/json-body.ts';
import { createLimiter, type Limiter, takeOrRefuse } from './http/limiter.ts';
import { belowPrefix } from './http/prefix.ts';
import { requestIdOf, traceIdOf } from './http/request-id.ts';
import { type Answer, matches, type Route } from './http/route.ts';
import { securityHeaders } from './http/security-headers.ts';
import { bearerKey, type WayIn } from './http/ways-in.ts';
import type { Logger, Principal } from './ports.ts';
import { routes } from './routes/index.ts';
import { browserSession } from './session/way-in.ts';

type Env = {
  Bindings: Partial<From> | undefined;
  Variables: { requestId: string; log: Logger; route: string; limits: Readonly<Record<string, string>> };
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
  const guard: Guard = {
    ways: [bearerKey(deps.apiKeys), ...(dashboard ? [browserSession(dashboard)] : [])],
    perKey: createLimiter('key', deps.rateLimits.perKey, deps.metrics),
    perAddress: createLimiter('address', deps.rateLimits.perAddress, deps.metrics),
  };
  for (const route of routes) app.on(route.method, route.path, (c) => serve(route, c, deps, guard));
  if (dashboard) app.route('/', createDashboard(deps, dashboard));
  app.notFound(async (c) => {
    try {
      c.set('limits', await takeOrRefuse(guard.perAddress, addressOf(c)));
    } catch (error) {
      // Not thrown: the dashboard looks for a page before this, and would answer a program with one.
      return problemResponse(error, surroundings(c));
    }
    return problemResponse(noRoute(c.req.method, c.req.path), surroundings(c));
  });
  app.onError((error, c) => {
    const { kind } = asProblem(error);
    if (!(error instanceof ApiProblem) && (kind === 'internal' || kind === 'unavailable')) {
      c.get('log').error({ err: error }, 'request failed');
    }
    return problemResponse(error, surroundings(c));
  });
  return app;
}

/** What stands between a request and its route. */
type Guard = {
  readonly ways: readonly WayIn[];
  readonly perKey: Limiter | null;
  readonly perAddress: Limiter | null;
};

async function serve(route: Route, c: Context<Env>, deps: ApiDeps, guard: Guard): Promise<Response> {
  c.set('route', route.path);
  const request = c.req.raw;
  const principal = await admit(route, c, deps, guard);
  if (route.permission !== 'public') c.set('log', c.get('log').child({ keyId: principal.keyId }));
  const answer = await route.run(
    { params: c.req.param(), query: queryOf(c.req.url), readBody: () => readJson(request) },
    {
      principal,
      requestId: c.get('requestId'),
      headers: request.headers,
      request,
      signal: request.signal,
      log: c.get('log'),
      deps,
      table: routes,
    },
  );
  return respond(answer);
}

/**
 * Who has a good key is counted by it, and never by an address that others may share; everybody else by address. What
 * only machines ask that watch over Sentinel is not counted at all.
 */
async function admit(route: Route, c: Context<Env>, { metrics }: ApiDeps, guard: Guard): Promise<Principal> {
  const { ways, perKey, perAddress } = guard;
  const count = async (limiter: Limiter | null, who: string) =>
    c.set('limits', await takeOrRefuse(limiter, who));
  let principal: Principal;
  try {
    principal = await authenticate(c.req.raw, route.permission, { ways, metrics });
  } catch (error) {
    await count(perAddress, addressOf(c));
    throw error;
  }
  if (route.permission !== 'public') await count(perKey, principal.keyId);
  else if (!route.unlimited) await count(perAddress, addressOf(c));
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
