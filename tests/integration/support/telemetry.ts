/** Spans and error logs of one replica for one second, as OpenTelemetry would send them. */
import { randomBytes } from 'node:crypto';
import { attribute, type Json, nano } from '../../ingest/support/otlp.ts';

export interface Replica {
  readonly environment: string;
  readonly service: string;
  readonly instance: string;
  readonly version: string;
}

export interface Second {
  readonly startMs: number;
  readonly requests: number;
  /** How many of the requests fail. */
  readonly failed: number;
  /** What the log says of a request that failed, with `{id}` for the request. */
  readonly message?: string;
}

export const resourceOf = ({ environment, service, instance, version }: Replica): Json => ({
  attributes: [
    attribute('service.name', service),
    attribute('deployment.environment.name', environment),
    attribute('service.instance.id', instance),
    attribute('service.version', version),
  ],
});

/** The requests are spread evenly over the second; how long they take depends on nothing. */
export function telemetryOf(
  { service }: Pick<Replica, 'service'>,
  { startMs, requests, failed, message = 'cannot answer request {id}: inconsistent state' }: Second,
): { spans: Json[]; logs: Json[] } {
  const spans: Json[] = [];
  const logs: Json[] = [];
  for (let request = 0; request < requests; request += 1) {
    const endMs = startMs + Math.floor(((request + 1) / (requests + 1)) * 1000);
    const traceId = randomBytes(16).toString('hex');
    const fails = request < failed;
    spans.push({
      traceId,
      spanId: randomBytes(8).toString('hex'),
      name: `GET /${service}`,
      kind: 2,
      startTimeUnixNano: nano(endMs - 40 - (request % 5)),
      endTimeUnixNano: nano(endMs),
      ...(fails ? { status: { code: 2, message: 'internal error' } } : {}),
    });
    if (fails) {
      const body = { stringValue: message.replace('{id}', traceId) };
      logs.push({ timeUnixNano: nano(endMs), severityNumber: 17, severityText: 'ERROR', body });
    }
  }
  return { spans, logs };
}
