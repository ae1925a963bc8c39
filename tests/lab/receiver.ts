/** A tiny receiver of OTLP/HTTP JSON and of change events, which keeps what came in. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
type Attributes = Record<string, unknown>;

export interface Point {
  service: string;
  instance: string | undefined;
  name: string;
  value: number;
  attributes: Attributes;
}
export interface SpanSeen {
  service: string;
  instance: string | undefined;
  version: string;
  kind: number;
  status: number;
  startMs: number;
  endMs: number;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  attributes: Attributes;
}
export interface LogSeen {
  service: string;
  severity: string;
  body: string;
  traceId: string | undefined;
}
export interface EventSeen {
  id: string;
  type: string;
  service: string;
  summary: string;
  attributes: Record<string, string>;
}

export interface Receiver {
  url: string;
  points: Point[];
  spans: SpanSeen[];
  logs: LogSeen[];
  events: EventSeen[];
  /** Authorization headers that came with events. */
  authorizations: string[];
  /** How many more posts of events are answered with 503. */
  refuseEvents: number;
  /** Forgets everything but the events. */
  clear: () => void;
  close: () => void;
}

// biome-ignore lint/suspicious/noExplicitAny: the JSON of another system, read here and nowhere else
type Json = any;

export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    points: [],
    spans: [],
    logs: [],
    events: [],
    authorizations: [],
    refuseEvents: 0,
    clear: () => {
      receiver.points.length = 0;
      receiver.spans.length = 0;
      receiver.logs.length = 0;
    },
    close: () => server.close(),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    const refused = request.url === '/api/v1/events' && receiver.refuseEvents > 0;
    if (refused) receiver.refuseEvents -= 1;
    else take(receiver, request.url ?? '', body, request.headers.authorization);
    response.writeHead(refused ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}

function take(receiver: Receiver, url: string, body: Json, authorization: string | undefined): void {
  if (url === '/api/v1/events') {
    receiver.events.push(...body.events);
    receiver.authorizations.push(authorization ?? '');
  }
  for (const group of body.resourceMetrics ?? []) {
    for (const metric of group.scopeMetrics.flatMap((scope: Json) => scope.metrics)) {
      const points = (metric.gauge ?? metric.sum ?? metric.histogram).dataPoints;
      for (const point of points) {
        const value = Number(point.asDouble ?? point.asInt ?? point.count);
        receiver.points.push({
          ...who(group),
          name: metric.name,
          value,
          attributes: plain(point.attributes),
        });
      }
    }
  }
  for (const group of body.resourceSpans ?? []) {
    for (const {
      kind,
      status,
      traceId,
      spanId,
      parentSpanId,
      attributes,
      ...span
    } of group.scopeSpans.flatMap((scope: Json) => scope.spans)) {
      const ids = { traceId, spanId, parentSpanId };
      receiver.spans.push({
        ...who(group),
        kind,
        status: status.code,
        startMs: Number(span.startTimeUnixNano) / 1e6,
        endMs: Number(span.endTimeUnixNano) / 1e6,
        ...ids,
        attributes: plain(attributes),
      });
    }
  }
  for (const group of body.resourceLogs ?? []) {
    for (const { severityText, body: text, traceId } of group.scopeLogs.flatMap(
      (scope: Json) => scope.logRecords,
    )) {
      receiver.logs.push({ ...who(group), severity: severityText, body: text.stringValue, traceId });
    }
  }
}

function who(group: Json): { service: string; instance: string | undefined; version: string } {
  const resource = plain(group.resource.attributes) as Record<string, string>;
  return {
    service: resource['service.name'] ?? '',
    instance: resource['service.instance.id'],
    version: resource['service.version'] ?? '',
  };
}

function plain(attributes: KeyValue[]): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
