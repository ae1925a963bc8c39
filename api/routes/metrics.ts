// GET /metrics: Sentinel's own metrics for Prometheus.

import { route } from '../http/route.ts';

export const metrics = route({
  method: 'GET',
  path: '/metrics',
  permission: 'public',
  summary: "Sentinel's own metrics in Prometheus' text format.",
  answers: { 200: { mediaType: 'text/plain', description: "Metrics in Prometheus' text format." } },
  handler: async ({ deps }) => {
    const { text, contentType } = await deps.renderMetrics();
    return { response: new Response(text, { headers: { 'content-type': contentType } }) };
  },
});
