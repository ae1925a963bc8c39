// A request that is not OTLP at all. Says where: the path is put together from the inside out as the error rises.

export class Malformed extends Error {
  override readonly name = 'Malformed';
  readonly #path: string[] = [];
  readonly #problem: string;

  constructor(problem: string) {
    super(problem);
    this.#problem = problem;
  }

  /** Returns itself, so that callers can `throw error.inside('metrics[3]')`. */
  inside(segment: string): this {
    this.#path.unshift(segment);
    this.message = `${this.#path.join('.')}: ${this.#problem}`;
    return this;
  }
}

/** More things in one request than the limits allow. */
export class TooMany extends Error {
  override readonly name = 'TooMany';
}

/** Rethrows with one more path segment in front; anything that is not `Malformed` passes unchanged. */
export function rethrowInside(error: unknown, segment: string): never {
  if (error instanceof Malformed) throw error.inside(segment);
  throw error;
}
