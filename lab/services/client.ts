/** HTTP calls of a replica: one CLIENT span each, a time-out, no retries. */
import { type Agent, request } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { Failure } from './failure.ts';
import { SpanStatusCode, type Telemetry } from './telemetry.ts';
import { headerFromSpan, type Trace } from './trace.ts';

export interface Call {
  peer: string;
  method: string;
  path: string;
  port: number;
  timeoutMs: number;
  agent: Agent;
  body?: string;
}

/** Makes the call inside `parent`; a status of 500 and above, a refusal or a time-out is a `Failure`. */
export async function call(telemetry: Telemetry, parent: Trace, target: Call): Promise<void> {
  const { peer, method, path, port } = target;
  const route = path.split('?')[0] ?? path;
  const attributes = {
    'http.request.method': method,
    'url.path': route,
    'server.address': peer,
    'server.port': port,
    'peer.service': peer,
  };
  const span = telemetry.tracer.startSpan(
    `${method} ${route}`,
    { kind: SpanKind.CLIENT, attributes },
    parent.context,
  );
  try {
    const status = await exchange(target, headerFromSpan(span));
    span.setAttribute('http.response.status_code', status);
    if (status >= 500)
      throw new Failure(502, String(status), `${peer} answered ${status} to ${method} ${route}`);
  } catch (error) {
    span.setAttribute('error.type', error instanceof Failure ? error.type : 'unknown');
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    throw error;
  } finally {
    span.end();
  }
}

function exchange(
  { peer, method, path, port, timeoutMs, agent, body }: Call,
  traceparent: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent,
      headers: {
        traceparent,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body ?? ''),
      },
    });
    const timer = setTimeout(() => {
      reject(
        new Failure(
          504,
          'timeout',
          `${peer} did not answer ${method} ${path.split('?')[0]} within ${timeoutMs} ms`,
        ),
      );
      outgoing.destroy();
    }, timeoutMs);
    outgoing.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        clearTimeout(timer);
        resolve(response.statusCode ?? 0);
      });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        new Failure(
          503,
          error.code ?? 'connection',
          `connection to ${peer} failed: ${error.code ?? error.message}`,
        ),
      );
    });
    outgoing.end(body ?? '');
  });
}
