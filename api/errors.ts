// Everything the API can refuse, as problem+json (RFC 9457), made in this one place.

import type { DecisionRefusal } from './ports/approvals.ts';

/** Kind of problem → status and title. The kind is the last part of the problem's `type`. */
export const problems = {
  'invalid-input': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The key does not permit this' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'The incident is not in a state that allows this' },
  expired: { status: 410, title: 'The deadline has passed' },
  'too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The request body must be JSON' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error in Sentinel' },
  unavailable: { status: 503, title: 'A dependency is unreachable' },
} as const;
export type ProblemKind = keyof typeof problems;

export type FieldProblem = { readonly field: string; readonly message: string };

export type ProblemExtras = {
  /** A word of a closed set that programs may match (a refusal of a decision, of an update). */
  readonly reason?: string;
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
};

/** Thrown anywhere below a route; `detail` is for the caller and must not hold secrets or internals. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly kind: ProblemKind;
  readonly extras: ProblemExtras;

  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.kind = kind;
    this.extras = extras;
  }
}

/** The answer to an error of any sort. What is not an ApiProblem says nothing of its cause; the log does. */
export function problemResponse(error: unknown, request: { path: string; requestId: string }): Response {
  const known = asProblem(error);
  const { status, title } = problems[known.kind];
  const body = {
    type: `urn:sentinel:problem:${known.kind}`,
    title,
    status,
    detail: known.message,
    instance: request.path,
    requestId: request.requestId,
    ...(known.extras.reason === undefined ? {} : { reason: known.extras.reason }),
    ...(known.extras.errors === undefined ? {} : { errors: known.extras.errors }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...known.extras.headers },
  });
}

const retryLater = { 'retry-after': '5' };

export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  // By name, not class: a reader may bring its own copy of the error.
  if (error instanceof Error && error.name === 'InvalidCursor') {
    const message = 'is not a cursor of a previous page';
    return new ApiProblem('invalid-input', `cursor ${message}`, { errors: [{ field: 'cursor', message }] });
  }
  if (error instanceof Error && error.name === 'HistoryUnavailable') {
    const detail = 'Telemetry history cannot be read now; try again.';
    return new ApiProblem('unavailable', detail, { reason: 'history-unavailable', headers: retryLater });
  }
  if (isLostConnection(error)) {
    return new ApiProblem('unavailable', 'A store cannot be reached now; try again.', {
      headers: retryLater,
    });
  }
  return new ApiProblem('internal', 'The log has the cause under this request id.');
}

/** System error codes of sockets, and the SQLSTATE classes for "connection exception" and "operator intervention". */
function isLostConnection(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (typeof code !== 'string') return false;
  return /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EAI_AGAIN|08\w{3}|57P0[1-3])$/.test(code);
}

/** What a refused decision answers with. */
export function decisionProblem(reason: DecisionRefusal, detail: string): ApiProblem {
  return new ApiProblem(kindOfRefusal(reason), detail, { reason });
}

function kindOfRefusal(reason: DecisionRefusal): ProblemKind {
  switch (reason) {
    case 'unknown-incident':
      return 'not-found';
    case 'role-too-low':
    case 'out-of-reach':
      return 'forbidden';
    case 'expired':
      return 'expired';
    case 'not-awaiting':
    case 'stale-plan':
    case 'already-decided':
    case 'same-person':
      return 'conflict';
  }
}
