// Whether a call failed: decided here for spans and for histograms, by old and new conventions, whatever of them is there.
// Source: OpenTelemetry semantic conventions, "HTTP spans: Status", "gRPC: server and client status", "error.type".

import { attributeNames, attributeOf } from './conventions.ts';

export type CallSide = 'server' | 'client';
/** `ok`: somebody said so on purpose; `unset`: nobody said anything. */
export type SpanStatus = 'unset' | 'ok' | 'error';

/** Attributes that `callFailed` looks at. */
export const failureAttributes: readonly string[] = [
  ...attributeNames('http.response.status_code'),
  ...attributeNames('rpc.response.status_code'),
  'error.type',
  // Of older tracers.
  'error',
];
export type FailureAttributes = Readonly<Partial<Record<string, string>>>;

/**
 * A 5xx is the server's failure whatever the status says. Besides that a status somebody set counts; else a client's 4xx is
 * its failure and a server's is not, and so it is with gRPC's codes; else an error that is named.
 */
export function callFailed(side: CallSide, status: SpanStatus, attributes: FailureAttributes): boolean {
  const http = httpStatus(attributes);
  if (http !== null && http >= 500) return true;
  if (status !== 'unset') return status === 'error';
  if (http !== null && http >= 400) return side === 'client';
  const rpc = rpcCode(attributes);
  if (rpc !== null && rpc !== 'OK') return side === 'client' || serverFaults.has(rpc);
  return namedError(attributes);
}

function httpStatus(attributes: FailureAttributes): number | null {
  const status = Number(attributeOf('http.response.status_code', attributes) || 'none');
  return status >= 100 && status < 600 ? status : null;
}

/** In the order of their numbers. */
const rpcCodes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
/** The others blame the caller, or say that it gave up. */
const serverFaults: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** The code's name, from its number or any spelling of its name (`Unavailable`, `not_found`, `NotFound`); null when none. */
function rpcCode(attributes: FailureAttributes): string | null {
  const given = attributeOf('rpc.response.status_code', attributes);
  if (given === '') return null;
  if (/^\d+$/.test(given)) return rpcCodes[Number(given)] ?? null;
  const letters = given.replace(/[^A-Za-z]/g, '').toUpperCase();
  const spelt = letters === 'CANCELED' ? 'CANCELLED' : letters;
  return rpcCodes.find((code) => code.replaceAll('_', '') === spelt) ?? null;
}

/** `error.type`, or the tag `error` of older tracers: `true`, or what went wrong. */
function namedError(attributes: FailureAttributes): boolean {
  const { error = '' } = attributes;
  return (attributes['error.type'] ?? '') !== '' || (error !== '' && error.toLowerCase() !== 'false');
}
