/** The front door: a fixed port whose connections go to the gateway's replicas in turn. */
import { connect, createServer } from 'node:net';
import { listen, portOf } from '../support/http.ts';

export interface Ingress {
  port: number;
}

export async function startIngress(targets: () => number[]): Promise<Ingress> {
  let turn = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const ports = targets();
    turn += 1;
    const port = ports[turn % ports.length];
    client.on('error', () => client.destroy());
    if (port === undefined) {
      client.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream).pipe(client);
  });
  await listen(server);
  return { port: portOf(server) };
}
