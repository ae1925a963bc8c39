// The HTTP way in: the sources behind one Hono app.

import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { getPath } from 'hono/utils/url';
import { routePath } from '../domain/http-path.ts';
import { createBodyReader } from './http/body.ts';
import type { IngestAppDeps } from './http/deps.ts';
import { createDocuments } from './http/documents.ts';
import { problemResponse } from './http/problem.ts';
import { requestIdOf } from './http/request-id.ts';
import { type OwnOfSources, sourceAt, ways } from './sources/index.ts';
import type { LimitClass } from './sources/source.ts';

/** True for what ingest answers, be it with a 404 that names the right path: an exporter told only the host posts to `/`. */
export function isForIngest({ method, url }: Pick<Request, 'method' | 'url'>): boolean {
  const path = routePath(new URL(url).pathname);
  return sourceAt(path) !== null || (method === 'POST' && path === '/');
}

/** Whose limits a request counts for. */
export function limitClassOf({ url }: Pick<Request, 'url'>): LimitClass {
  return sourceAt(routePath(new URL(url).pathname))?.limits ?? 'events';
}

/** Whether whoever sent a request wants to read an answer as it is. */
export function answersInText({ url }: Pick<Request, 'url'>): boolean {
  return sourceAt(routePath(new URL(url).pathname))?.answersInText === true;
}

export type IngestAppOptions = Omit<IngestAppDeps, 'readBody' | 'documents'> & {
  readonly sources: OwnOfSources;
};

/** With what the server knows of a request besides itself. */
export type IngestApp = Hono<{ Bindings: { readonly address?: string } | undefined }>;

/** Routes are the ways of all sources, each also with slashes too many and under its path of before there were versions. */
export function createIngestApp({ sources, ...given }: IngestAppOptions): IngestApp {
  const deps = {
    ...given,
    readBody: createBodyReader(given.limits),
    documents: createDocuments(given.readRemote, given.clock),
  };
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
  for (const { path, source, handle } of ways) {
    // What its own source was given: sources/index.ts has the types.
    const own = sources[source] as never;
    app.post(path, (context) => handle(context.req.raw, deps, context.env?.address ?? 'unknown', own));
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
  const known = ways.map((way) => way.path);
  const [signal] = known.filter((one) => path.endsWith(one) || path.endsWith(one.slice('/v1'.length)));
  if (signal !== undefined) return `Did you mean ${signal}?`;
  return `Senders post to ${known.join(', ')}.`;
}
