// Answers what never became a request: headers that are too long, bytes that are no HTTP, a sender who is too slow.

import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';

type Refusal = { readonly status: number; readonly title: string; readonly kind: string };

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    kind: 'headers-too-large',
    title: 'The headers or the URL are too long',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, kind: 'too-slow', title: 'The request took too long to arrive' },
};
const malformed: Refusal = { status: 400, kind: 'malformed', title: 'This is no HTTP request' };

/** Problems like all others, then the end of the connection. */
export function answerUnparsable(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const { status, kind, title } = refusals[error.code ?? ''] ?? malformed;
    const requestId = randomUUID();
    const body = JSON.stringify({
      type: `urn:sentinel:problem:${kind}`,
      title,
      status,
      detail: `${title}.`,
      instance: '',
      requestId,
    });
    socket.end(
      [
        `HTTP/1.1 ${status} ${title}`,
        'connection: close',
        'content-type: application/problem+json',
        `content-length: ${Buffer.byteLength(body)}`,
        `x-request-id: ${requestId}`,
        '',
        body,
      ].join('\r\n'),
    );
  });
}
