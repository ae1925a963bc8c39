// What can go wrong when a database is opened, in words that say what to do. `reason` is closed, for tests and metrics.

export const databaseRefusals = [
  'unreachable',
  'access-denied',
  'no-such-database',
  'server-too-old',
  'schema-too-new',
  'migration-failed',
  'data-dir-in-use',
  'data-dir-unusable',
] as const;
export type DatabaseRefusal = (typeof databaseRefusals)[number];

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly reason: DatabaseRefusal;

  constructor(reason: DatabaseRefusal, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

/** SQLSTATE or system error code of a driver's error, or null. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
}

export function errorText(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(errorText).join('; ');
  return error instanceof Error ? error.message : String(error);
}
