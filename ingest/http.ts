// The HTTP way in: OTLP export routes and event routes behind one Hono app.

import { Hono } from 'hono';
import { handleAlertmanager } from './http/alertmanager-route.ts';
import type { IngestAppDeps } from './http/deps.ts';
import { handleEvents } from './http/event-routes.ts';
import { handleOtlp } from './http/otlp-routes.ts';
import { problemResponse } from './http/problem.ts';
import { requestIdOf } from './http/request-id.ts';
import { otlpSignals } from './otlp/decode.ts';

/** Routes: POST /v1/metrics, /v1/logs, /v1/traces, /api/events, /api/trigger-alert, /api/alerts/alertmanager. */
export function createIngestApp(deps: IngestAppDeps): Hono {
  const app = new Hono();
  for (const signal of otlpSignals) {
    app.post(`/v1/${signal}`, (context) => handleOtlp(signal, context.req.raw, deps));
  }
  app.post('/api/events', (context) => handleEvents('events', context.req.raw, deps));
  app.post('/api/trigger-alert', (context) => handleEvents('trigger-alert', context.req.raw, deps));
  app.post('/api/alerts/alertmanager', (context) => handleAlertmanager(context.req.raw, deps));

  const eventPaths = ['/api/events', '/api/trigger-alert', '/api/alerts/alertmanager'];
  for (const path of [...otlpSignals.map((signal) => `/v1/${signal}`), ...eventPaths]) {
    app.all(path, (context) => {
      const detail = `${path} takes POST`;
      const requestId = requestIdOf(context.req.raw);
      const problem = {
        status: 405,
        kind: 'method-not-allowed',
        title: 'Method not allowed',
        detail,
      } as const;
      const response = problemResponse(problem, requestId);
      response.headers.set('allow', 'POST');
      return response;
    });
  }
  app.notFound((context) => {
    const detail = 'no such route';
    const problem = { status: 404, kind: 'not-found', title: 'Not found', detail } as const;
    return problemResponse(problem, requestIdOf(context.req.raw));
  });
  return app;
}
