// Process entry: ClickHouse's engine in the folder that is the argument, behind its HTTP interface. Says its URL on standard output, and
// ends with whoever started it.

import { connect } from '../../../adapters/clickhouse/connection.ts';
import { startHttpFront } from '../clickhouse-front.ts';

const [folder = ''] = process.argv.slice(2);
const front = await startHttpFront(await connect({ chdbPath: folder }));
process.stdout.write(`${front.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit());
