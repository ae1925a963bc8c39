/**
 * Records the histories of scenarios.ts that the corpus does not have yet:
 *   node tests/replay/record.ts [--replace]
 * `--replace` records all of them anew; before the first release only (see README.md).
 */
import { mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection } from '@temporalio/worker';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { obtainTemporalCli, startTemporalDevServer } from '../../adapters/temporal-dev-server/index.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { addHistory, readManifest } from '../support/histories.ts';
import { testPayloads } from '../support/payloads.ts';
import { quietRuntime, type ServerConnections, startStage } from '../workflows/stage.ts';
import { scenarios } from './scenarios.ts';

const replace = argv.includes('--replace');

const server = await startServer();
const stage = await startStage(server);
try {
  const known = readManifest();
  await Promise.all(
    scenarios
      .filter(({ name }) => replace || (known[`${name}.json`] ?? known[`${name}-1.json`]) === undefined)
      .map(async ({ name, run }) => {
        const { id } = await run(stage);
        const runs = await runsOf(id);
        for (const [index, runId] of runs.entries()) {
          const history = await server.client.workflow.getHandle(id, runId).fetchHistory();
          const file = runs.length === 1 ? name : `${name}-${index + 1}`;
          stdout.write(`${addHistory(file, compact(historyToJSON(history)), replace)} ${file}\n`);
        }
      }),
  );
} finally {
  await stage.stop();
}

/** Run ids from first to last: a run that continued as new is followed by another. */
async function runsOf(workflowId: string): Promise<readonly string[]> {
  const runs: { readonly runId: string; readonly startTime: Date }[] = [];
  for await (const run of server.client.workflow.list({ query: `WorkflowId = "${workflowId}"` }))
    runs.push(run);
  return runs
    .toSorted((left, right) => left.startTime.getTime() - right.startTime.getTime())
    .map(({ runId }) => runId);
}

/** One line, and stack traces without the folder this machine keeps the project in. */
function compact(json: string): string {
  const root = join(import.meta.dirname, '../..');
  return `${JSON.stringify(JSON.parse(json)).replaceAll(root, '')}\n`;
}

async function startServer(): Promise<ServerConnections> {
  quietRuntime();
  const executable = await obtainTemporalCli({
    cacheDir: join(homedir(), '.cache', 'sentinel'),
    report: (line) => stdout.write(`${line}\n`),
  });
  const namespace = 'default';
  const devServer = await startTemporalDevServer({
    executable,
    dir: mkdtempSync(join(tmpdir(), 'sentinel-record-')),
    inMemory: true,
    namespace,
    searchAttributes: searchAttributeNames,
  });
  const { address } = devServer;
  const clientConnection = await Connection.connect({ address });
  const connection = await NativeConnection.connect({ address });
  return {
    client: new Client({
      connection: clientConnection,
      namespace,
      dataConverter: dataConverterOf(testPayloads(), 'client'),
    }),
    connection,
    namespace,
    async close() {
      await clientConnection.close();
      await connection.close();
      await devServer.stop();
    },
  };
}
