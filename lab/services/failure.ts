/** Why a request could not be served, and the status its caller sees. */
export class Failure extends Error {
  readonly status: number;
  /** Value of the span attribute `error.type`. */
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}
