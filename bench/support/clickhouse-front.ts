// ClickHouse's HTTP interface (the part the official client uses) in front of the embedded engine, so that the way to a
// server by URL is tested with the real client and the real engine.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { ClickHouseClient } from '@clickhouse/client';

export type HttpFront = { readonly url: string; close(): Promise<void> };

/** `engine` is a client of the embedded engine. Parameters come as `param_name`, data after `query` in the body. */
export async function startHttpFront(engine: ClickHouseClient): Promise<HttpFront> {
  // Parameters are settings of the one session the engine has: one request at a time.
  let turn: Promise<unknown> = Promise.resolve();

  async function answer(request: IncomingMessage): Promise<string> {
    const zipped = request.headers['content-encoding'] === 'gzip';
    const body = await text(zipped ? request.pipe(createGunzip()) : request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://front');
    if (pathname === '/ping') return 'Ok.\n';
    const inUrl = searchParams.get('query');
    const run = async (): Promise<string> => {
      for (const [name, value] of searchParams) {
        if (!name.startsWith('param_')) continue;
        // The value is already in ClickHouse's own notation; as a text literal it is escaped once more.
        const literal = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
        await engine.command({ query: `SET ${name} = '${literal}'` });
      }
      const result = await engine.exec({ query: inUrl === null ? body : `${inUrl}\n${body}` });
      return await text(result.stream);
    };
    const mine = turn.then(run, run);
    turn = mine.catch(() => {});
    return await mine;
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (result) => response.end(result),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(`Code: 62. DB::Exception: ${String(error)}. (SYNTAX_ERROR)`);
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, close };
}
