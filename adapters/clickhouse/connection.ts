// A ClickHouse client: to a server by URL, or to the engine inside this process (chdb). Same client, same SQL.

import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  createClient,
} from '@clickhouse/client';

export type ClickHouseTarget =
  /** `http(s)://user:password@host:8123` */
  | { readonly url: string; readonly requestTimeoutMs?: number }
  /** Data directory of the embedded engine; one directory per process. */
  | { readonly chdbPath: string };

export async function connect(target: ClickHouseTarget): Promise<ClickHouseClient> {
  if ('url' in target) {
    return createClient({
      url: target.url,
      application: 'sentinel',
      // An evidence query takes milliseconds; a server that needs longer is treated as away.
      request_timeout: target.requestTimeoutMs ?? 10_000,
      max_open_connections: 8,
      compression: { request: true, response: false },
      // Errors reach the caller as HistoryUnavailable; a second report on stderr would only be noise.
      log: { level: ClickHouseLogLevel.OFF },
    });
  }
  // Half a gigabyte of engine: loaded only by installations that embed it.
  const { createChdbConnection } = await import('chdb/connection');
  // The same interface by structure, declared by two copies of the client's types that differ in optional settings.
  type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>;
  const connection = createChdbConnection({ path: target.chdbPath }) as unknown as Connection;
  return createClient({ connection });
}
