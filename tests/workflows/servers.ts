/** The servers that tests of workflows run on: the shared real one, and one of their own whose clock skips. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { testPayloads } from '../support/payloads.ts';
import { freshNamespace } from '../support/temporal.ts';
import { createTimeSkippingEnvironment } from '../support/time-skipping.ts';
import { quietRuntime, type ServerConnections } from './stage.ts';

/** The shared real server, with a namespace of this file's own. */
export async function connectServer(): Promise<ServerConnections> {
  quietRuntime();
  const { address, namespace } = await freshNamespace(searchAttributeNames);
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
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
    },
  };
}

export type SkippingServer = ServerConnections & {
  /**
   * Lets time pass in steps until this has happened, and not much further. Nothing but the worker's own tasks holds a clock
   * that skips, so a test that still has something to do before the end must not await the end meanwhile.
   */
  passing<T>(happens: Promise<T>, stepMs?: number): Promise<T>;
};

/** A server of this file's own whose clock skips while an incident's end is awaited. */
export async function connectTimeSkippingServer(): Promise<SkippingServer> {
  quietRuntime();
  const environment = await createTimeSkippingEnvironment(dataConverterOf(testPayloads(), 'client'));
  const namespace = 'default';
  const attributes = Object.fromEntries(searchAttributeNames.map((name) => [name, KEYWORD]));
  await environment.connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: attributes,
  });
  return {
    client: environment.client,
    connection: environment.nativeConnection,
    namespace,
    async passing(happens, stepMs = 10_000) {
      let isOver = false;
      const over = happens.finally(() => {
        isOver = true;
      });
      over.catch(() => {}); // thrown below, to who awaits it
      while (!isOver) await environment.sleep(stepMs);
      return over;
    },
    close: () => environment.teardown(),
  };
}

/** `INDEXED_VALUE_TYPE_KEYWORD` of the protocol. */
const KEYWORD = 2;
