// The one error callers of history see.

/** History could not be read or written. The cause is the engine's own error; trying again later is right. */
export class HistoryUnavailable extends Error {
  override readonly name = 'HistoryUnavailable';

  constructor(doing: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    super(`could not ${doing}: ${reason}`, { cause });
  }
}

/** Runs something against the engine; whatever goes wrong becomes `HistoryUnavailable`. */
export async function orUnavailable<T>(doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof HistoryUnavailable ? error : new HistoryUnavailable(doing, error);
  }
}
