// Problems for what no route ever sees: headers that are too long, bytes that are no HTTP, a sender who is too slow, a wrong host.

import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';

export type BareProblem = {
  readonly status: number;
  readonly title: string;
  readonly kind: string;
  readonly detail: string;
};

const refusals: Readonly<Record<string, Omit<BareProblem, 'detail'>>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    kind: 'headers-too-large',
    title: 'The headers or the URL are too long',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, kind: 'too-slow', title: 'The request took too long to arrive' },
};
const malformed = { status: 400, kind: 'malformed', title: 'This is not a valid HTTP request' };

/** A problem like all others, for what no route ever sees; the connection ends with it. */
export function bareProblem({ status, kind, title, detail }: BareProblem, requestId: string) {
  const body = JSON.stringify({
    type: `urn:sentinel:problem:${kind}`,
    title,
    status,
    detail,
    instance: '',
    requestId,
  });
  const headers = {
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
  };
  return { status, headers, body };
}

/** Problems like all others, then the end of the connection. */
export function answerUnparsable(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const refusal = refusals[error.code ?? ''] ?? malformed;
    const problem = { ...refusal, detail: `${refusal.title}.` };
    const { status, headers, body } = bareProblem(problem, randomUUID());
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${problem.title}`, ...lines, '', body].join('\r\n'));
  });
}
