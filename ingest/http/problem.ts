// Errors of the event routes as problem+json (RFC 9457).

export type Problem = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 503;
  /** Closed set, the last segment of `type`: clients branch on it. */
  readonly kind: ProblemKind;
  readonly title: string;
  readonly detail: string;
  readonly field?: string;
  readonly retryAfterSeconds?: number;
};
export const problemKinds = [
  'malformed',
  'invalid',
  'unknown-field',
  'too-large',
  'unsupported-type',
  'unauthenticated',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'unavailable',
] as const;
export type ProblemKind = (typeof problemKinds)[number];

export function problemResponse(problem: Problem, requestId: string): Response {
  const { kind, status, title, detail, field, retryAfterSeconds } = problem;
  const body = { type: `urn:sentinel:problem:${kind}`, title, status, detail, field, requestId };
  const headers = new Headers({ 'content-type': 'application/problem+json', 'x-request-id': requestId });
  if (retryAfterSeconds !== undefined) headers.set('retry-after', String(retryAfterSeconds));
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  return new Response(JSON.stringify(body), { status, headers });
}
