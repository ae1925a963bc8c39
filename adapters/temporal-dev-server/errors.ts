/** What can go wrong with the embedded Temporal server, as a closed set that callers and tests can match. */

export type TemporalDevServerFailure =
  | 'cli-unavailable' // no temporal on the PATH or in the cache, no download, no Go
  | 'disk-full'
  | 'port-in-use'
  | 'exited' // the server ended before it was ready
  | 'not-ready'; // it runs but does not answer in time

export class TemporalDevServerError extends Error {
  override readonly name = 'TemporalDevServerError';
  readonly reason: TemporalDevServerFailure;

  constructor(reason: TemporalDevServerFailure, message: string) {
    super(message);
    this.reason = reason;
  }
}
