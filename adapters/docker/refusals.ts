// What an engine's "no" means: whether the call certainly did nothing, and what a person can do about it.

import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import { EngineError } from './engine.ts';

export type Refusal = { readonly code: RefusalCode; readonly reason: string };

/** Null when the call may have had an effect, or may still have one. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof EngineError)) return null;
  const { status, message, cause } = error;
  if (status === null) {
    if (!error.neverSent) return null;
    return codeOf(cause) === 'EACCES'
      ? refused('permission-denied', `${message}: give this user access to the socket`)
      : refused('unreachable', `${message}: is the engine running, and is the url right?`);
  }
  switch (status) {
    case 304:
      return refused('changed-meanwhile', 'it was so already, by somebody else: nothing was done');
    case 400:
      return refused('invalid', message);
    case 401:
      return refused('expired-credentials', `${message}: the engine does not accept the client certificate`);
    case 403:
      return refused(
        'permission-denied',
        `${message}: whatever filters the requests to the engine has to let this one through`,
      );
    case 404:
      return refused('unknown-target', message);
    case 405:
    case 501:
      return refused('not-supported', message);
    case 409:
      return refused('refused-by-vendor', message);
    case 429:
      return refused('throttled', message);
    default:
      return null;
  }
}

export function refused(code: RefusalCode, reason: string): Refusal {
  return { code, reason };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
