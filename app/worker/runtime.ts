// What the Temporal SDK has once per process: its native runtime, its log, and the connection of workers.

import {
  type LogLevel,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  type Logger as SdkLogger,
} from '@temporalio/worker';
import { errorMessage } from '../../domain/error-message.ts';

/** Where the SDK's lines go; pino's own loggers fit. */
export type WorkerLogger = {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
};

/**
 * Sets the native runtime up. Once per process, and before anything else of the SDK's worker side. Signals of the
 * operating system are left to main, which stops workers in its own order.
 */
export function installTemporalRuntime(logger: WorkerLogger): void {
  Runtime.install({
    logger: sdkLogger(logger),
    shutdownSignals: [],
    // The native part says at INFO what the TypeScript part says too; what it warns of must not go past the log.
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}

/** Connects the worker side to a server (`host:port`), protected as its clients are; throws with the address when it does not answer. */
export async function connectWorkers(
  address: string,
  security: Pick<NativeConnectionOptions, 'tls' | 'apiKey'>,
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ address, ...security });
  } catch (error) {
    throw new Error(`The Temporal server at ${address} does not answer the workers: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

function sdkLogger(logger: WorkerLogger): SdkLogger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: object) =>
    logger[level]({ ...meta }, message);
  const levels = {
    TRACE: () => {},
    DEBUG: at('debug'),
    INFO: at('info'),
    WARN: at('warn'),
    ERROR: at('error'),
  };
  return {
    log: (level: LogLevel, message, meta) => levels[level](message, meta),
    trace: levels.TRACE,
    debug: levels.DEBUG,
    info: levels.INFO,
    warn: levels.WARN,
    error: levels.ERROR,
  };
}
