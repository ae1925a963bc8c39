// The HTTP way in: OTLP export routes and event routes behind one Hono app.

import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { getPath } from 'hono/utils/url';
import { routePath } from '../domain/http-path.ts';
import { handleAlertmanager, handlePostedAlerts } from './http/alertmanager-route.ts';
import { createBodyReader } from './http/body.ts';
import type { IngestAppDeps } from './http/deps.ts';
import { handleEvents } from './http/event-routes.ts';
import { handleOtlp } from './http/otlp-routes.ts';
import { problemResponse } from './http/problem.ts';
import { requestIdOf } from './http/request-id.ts';

/** `address` is where the request came from. */
type Handler = (request: Request, deps: IngestAppDeps, address: string) => Promise<Response>;

/** Every path that senders post to. */
const ways: Readonly<Record<string, Handler>> = {
  '/v1/metrics': (...given) => handleOtlp('metrics', ...given),
  '/v1/logs': (...given) => handleOtlp('logs', ...given),
  '/v1/traces': (...given) => handleOtlp('traces', ...given),
  '/api/v1/events': (...given) => handleEvents('events', ...given),
  '/api/v1/trigger-alert': (...given) => handleEvents('trigger-alert', ...given),
  '/api/v1/alerts/alertmanager': handleAlertmanager,
  '/api/v1/alerts/grafana': handleAlertmanager,
  '/api/v2/alerts': handlePostedAlerts,
};

/** Where an exporter's or a sender's requests may start: what is posted below is meant for ingest, also when it is misspelt. */
const senders = /^\/(v1|opentelemetry|otlp|api\/v1\/(alerts|events|trigger-alert)|api\/v2\/alerts)(\/|$)/;

/** True for what ingest answers, be it with a 404 that names the right path: an exporter told only the host posts to `/`. */
export function isForIngest({ method, url }: Pick<Request, 'method' | 'url'>): boolean {
  const path = routePath(new URL(url).pathname);
  return Object.hasOwn(ways, path) || senders.test(path) || (method === 'POST' && path === '/');
}

/** What the server knows of a request besides itself. */
export type IngestApp = Hono<{ Bindings: { readonly address?: string } | undefined }>;

/** Routes are those of `ways`, each also with slashes too many and under its path of before there were versions. */
export function createIngestApp(given: Omit<IngestAppDeps, 'readBody'>): IngestApp {
  const deps = { ...given, readBody: createBodyReader(given.limits) };
  const app: IngestApp = new Hono({ getPath: (request) => routePath(getPath(request)) });
  const origins = given.allowedOrigins ?? [];
  // Telemetry only: a page has no alerts to send. Cookies are never asked for, and an origin that is not listed hears nothing.
  const share = cors({
    origin: [...origins],
    allowMethods: ['POST'],
    allowHeaders: ['content-type', 'content-encoding', 'authorization', 'x-request-id'],
    maxAge: 600,
  });
  app.use('/v1/*', (context, next) =>
    origins.includes(context.req.header('origin') ?? '') ? share(context, next) : next(),
  );
  for (const [path, handle] of Object.entries(ways)) {
    app.post(path, (context) => handle(context.req.raw, deps, context.env?.address ?? 'unknown'));
    app.all(path, (context) => {
      const problem = {
        status: 405,
        kind: 'method-not-allowed',
        title: 'Method not allowed',
        detail: `${path} takes POST`,
      } as const;
      const response = problemResponse(problem, requestIdOf(context.req.raw));
      response.headers.set('allow', 'POST');
      return response;
    });
  }
  app.notFound((context) => {
    const problem = {
      status: 404,
      kind: 'not-found',
      title: 'Not found',
      detail: `There is nothing at this path. ${meant(context.req.path)}`,
    } as const;
    return problemResponse(problem, requestIdOf(context.req.raw));
  });
  return app;
}

/** What the sender probably wants: exporters append their own path to what they are given as an endpoint. */
function meant(path: string): string {
  const known = Object.keys(ways);
  const [signal] = known.filter((one) => path.endsWith(one) || path.endsWith(one.slice('/v1'.length)));
  if (signal !== undefined) return `Did you mean ${signal}?`;
  return `Senders post to ${known.join(', ')}.`;
}
