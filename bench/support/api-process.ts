// Started by bench/stream.ts, and killed by it: the API on a port, over a database given by URL.

import { openDatabase } from '../../adapters/postgres/index.ts';
import { startHttp } from '../../api/server.ts';
import { createBenchApi } from './api.ts';

const [url = '', port = '0'] = process.argv.slice(2);
const { fetch } = createBenchApi(await openDatabase({ url, maxConnections: 10 }));
await startHttp({ fetch, host: '127.0.0.1', port: Number(port) });
console.log('ready');
