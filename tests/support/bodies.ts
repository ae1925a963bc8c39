/** A server that answers 200 to everything and keeps what it was sent: what an exporter would have put on the wire. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export async function bodiesSentTo(): Promise<{
  readonly url: string;
  readonly bodies: readonly Buffer[];
  close(): Promise<void>;
}> {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      bodies.push(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    bodies,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
