// Structured log lines.

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines. `child` adds ids (request, trace, incident) to every line written through it. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(bindings: LogFields): Logger;
}
