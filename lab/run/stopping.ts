// A long command that is asked to stop leaves what it is doing where it is, and goes on to tidy up.

/** Thrown out of the work that was left. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** What `work` gives, unless `signal` comes first: then `Stopped`, and whatever becomes of the work is nobody's concern. */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => {});
  let leave = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    leave = () => reject(new Stopped('asked to stop'));
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
