import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRemote } from '../../../adapters/http/read-remote.ts';

const server = createServer((request, response) => {
  if (request.url === '/moved') return void response.writeHead(302, { location: '/text' }).end('elsewhere');
  if (request.url === '/endless') {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(16 * 1024)));
      response.once('drain', more);
    };
    return more();
  }
  response.end('a text');
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('the text, and no redirect', async () => {
  expect(await readRemote(`${base}/text`)).toEqual({ status: 200, text: 'a text' });
  expect(await readRemote(`${base}/moved`)).toEqual({ status: 302, text: 'elsewhere' });
});

test('a text without end is given up', async () => {
  await expect(readRemote(`${base}/endless`)).rejects.toThrow('more than 65536 bytes');
});

test('a metadata service is not asked', async () => {
  await expect(readRemote('http://169.254.169.254/latest/meta-data')).rejects.toMatchObject({
    cause: { name: 'ForbiddenAddress' },
  });
});
