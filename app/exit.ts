// How the command line ends: 0 ok, 1 failed, 2 usage error, 3 refused (not allowed, stale, already decided).

export const exitCodes = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with a message for people and a code for scripts. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: ExitCode;
  /** What `--json` shows of it besides the message. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(exitCode: ExitCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}
