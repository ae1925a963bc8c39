// JSON log lines on standard error, one object each, through pino.

import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Fields that may hold a secret by accident are cut out wherever they stand near the top of a line. */
const secretFields = ['authorization', 'apiKey', 'key', 'password', 'secret', 'token'];

/**
 * A logger that fits every Logger port. `child({ requestId })`, `child({ incidentId })` and `child({ traceId })` add
 * ids to each line. Errors go in the field `err`.
 */
export function createLogger(options: {
  level: LogLevel;
  stream?: DestinationStream;
  role?: string;
}): Logger {
  const { level, role, stream = destination({ dest: 2, sync: true }) } = options;
  return pino(
    {
      level,
      base: { service: 'sentinel', ...(role === undefined ? {} : { role }) },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    },
    stream,
  );
}
