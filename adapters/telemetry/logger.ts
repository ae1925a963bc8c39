// JSON log lines on standard error, one object each, through pino. Every line passes redaction as it is written, whatever field a
// secret stands in: an error's message, a URL, something that a sender chose.

import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { redactStructure } from '../../domain/redaction/structure.ts';

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
      hooks: { streamWrite: redactedLine },
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    },
    stream,
  );
}

/** What cannot be looked at is not written; that something was to be said is. */
export function redactedLine(line: string): string {
  try {
    const told: unknown = JSON.parse(line);
    const clean = redactStructure(told);
    return clean === told ? line : `${JSON.stringify(clean)}\n`;
  } catch {
    const time = new Date().toISOString();
    const message = 'a log line could not be looked at for secrets and was left out';
    return `${JSON.stringify({ level: 'error', time, service: 'sentinel', message })}\n`;
  }
}
