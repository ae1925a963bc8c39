/**
 * PagerDuty's Events API v2 as its documentation describes it: events with one deduplication key are one incident; a resolved
 * incident is over, and the next trigger with its key is another one.
 */
import { z } from 'zod';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';

export interface PagedIncident {
  readonly key: string;
  readonly summaries: string[];
  status: 'triggered' | 'acknowledged' | 'resolved';
}
export interface FakePagerDuty extends FaultyServer {
  /** In the order of their first event. */
  readonly incidents: PagedIncident[];
  readonly actions: string[];
}

const common = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };
const eventSchema = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...common,
    event_action: z.literal('trigger'),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime({ offset: true }).optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    }),
    links: z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional(),
    client: z.string().optional(),
    client_url: z.url().optional(),
  }),
  z.strictObject({ ...common, event_action: z.enum(['acknowledge', 'resolve']) }),
]);

export const routingKey = 'R0123456789ABCDEF0123456789ABCDE';

export async function startFakePagerDuty(): Promise<FakePagerDuty> {
  const incidents: PagedIncident[] = [];
  const actions: string[] = [];
  const answer = (status: number, body: object) => ({ status, body: JSON.stringify(body) });
  const server = await startFaultyServer(({ method, path, body }) => {
    if (method !== 'POST' || path !== '/v2/enqueue') return answer(404, { status: 'not found' });
    let json: unknown = null;
    try {
      json = JSON.parse(body);
    } catch {
      return answer(400, {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: ['no JSON'],
      });
    }
    const parsed = eventSchema.safeParse(json);
    if (!parsed.success) {
      const errors = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')} ${message}`);
      return answer(400, { status: 'invalid event', message: 'Event object is invalid', errors });
    }
    const event = parsed.data;
    if (event.routing_key !== routingKey)
      return answer(400, { status: 'invalid event', message: 'Invalid routing key', errors: [] });
    actions.push(event.event_action);
    const open = incidents.findLast(({ key, status }) => key === event.dedup_key && status !== 'resolved');
    if (event.event_action === 'trigger') {
      const { summary } = event.payload;
      if (open === undefined)
        incidents.push({ key: event.dedup_key, summaries: [summary], status: 'triggered' });
      else open.summaries.push(summary);
    } else if (open !== undefined) {
      open.status = event.event_action === 'resolve' ? 'resolved' : 'acknowledged';
    }
    return answer(202, { status: 'success', message: 'Event processed', dedup_key: event.dedup_key });
  });
  return { ...server, incidents, actions };
}
