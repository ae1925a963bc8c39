// What an error of the AWS SDK means: whether the call certainly did nothing, and what a person can do about it.

import type { Begun, Polled } from '../../activities/ports/executor.ts';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import { plainLine } from '../../domain/text.ts';

export type Refusal = { readonly code: RefusalCode; readonly reason: string };

/** A reading that did not come about. */
export class AwsError extends Error {
  readonly code: RefusalCode;

  constructor({ code, reason }: Refusal, cause: unknown) {
    super(reason, { cause });
    this.name = 'AwsError';
    this.code = code;
  }
}

/** Its time was over, or nobody waits for it any more. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

export function refused(code: RefusalCode, reason: string): Refusal {
  return { code, reason };
}

/** Names that AWS gives to its errors, whatever status they come with. */
const codes: readonly (readonly [RefusalCode, RegExp])[] = [
  ['throttled', /^(Throttl|RequestLimitExceeded|TooManyRequests|RequestThrottled|SlowDown)/],
  ['permission-denied', /^(AccessDenied|UnauthorizedOperation|NotAuthorized|OptInRequired)/],
  [
    'expired-credentials',
    /^(Expired|RequestExpired|InvalidClientTokenId|UnrecognizedClient|AuthFailure|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|CredentialsProviderError|TokenProviderError)/,
  ],
  [
    'unknown-target',
    /^(ClusterNotFound|ServiceNotFound|InvalidInstanceID|TaskNotFound|NoSuchEntity|TargetNotFound)/,
  ],
  ['changed-meanwhile', /^(ServiceNotActive|IncorrectInstanceState|IncorrectState)/],
  ['not-supported', /^Unsupported/],
  ['invalid', /^(InvalidParameter|Validation|ClientException|MalformedPolicy|PackedPolicyTooLarge)/],
];

/** The connection was never made. */
const neverSent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_URL)$/;

/** Null when the call may have had an effect, or may still have one. */
export function refusalOf(what: string, error: unknown): Refusal | null {
  if (error instanceof AwsError) return refused(error.code, error.message);
  const { name, code, status } = partsOf(error);
  if (status === undefined) {
    if (/^(CredentialsProviderError|TokenProviderError)$/.test(name))
      return refused('expired-credentials', `${what}: the AWS SDK found no credentials that hold`);
    return neverSent.test(code)
      ? refused('unreachable', `${what}: AWS cannot be reached (${code}); check the region and the way there`)
      : null;
  }
  // An answer that says nothing, or one that somebody in between gave.
  if (status < 400 || status === 408) return null;
  const known = codes.find(([, names]) => names.test(name))?.[0];
  // Of its own errors AWS says what they are; of what it had begun, only that something is wrong.
  if (status >= 500) return known === 'throttled' ? refused('throttled', wordsOf(what, error)) : null;
  return refused(known ?? 'refused-by-vendor', wordsOf(what, error));
}

/** Of readings and sessions, which come before the call: whatever went wrong, nothing was done, and nothing will be. */
export function unsent(what: string, error: unknown): Refusal {
  return refusalOf(what, error) ?? refused('unreachable', wordsOf(what, error));
}

/** Of the call itself. */
export function unanswered(what: string, error: unknown): Begun {
  const refusal = refusalOf(what, error);
  return refusal === null
    ? { kind: 'unknown', reason: wordsOf(what, error) }
    : { kind: 'refused', ...refusal };
}

/** Of a target that an effect was begun on. */
export function lostSight({ code, reason }: Refusal): Polled {
  return { kind: code === 'unknown-target' ? 'superseded' : 'unknown', reason };
}

/** In words, for people, without anything that was signed or could be used to sign. */
export function wordsOf(what: string, error: unknown): string {
  const { name, status } = partsOf(error);
  if (error instanceof AwsError) return error.message;
  if (error instanceof NoAnswer) return `${what}: ${error.message}`;
  const known = codes.find(([, names]) => names.test(name))?.[0];
  // What is said of signatures quotes the signed request, and the session token in it.
  if (known === 'expired-credentials')
    return `${what}: AWS does not accept the credentials (${name}); renew them`;
  const said = error instanceof Error ? error.message : String(error);
  const [plain = ''] = said.split(/\s*Encoded authorization failure message/);
  const of = status === undefined ? name : `${status} ${name}`;
  return plainLine(`${what}: ${of}: ${plain}`, 450);
}

export function nameOf(error: unknown): string {
  return partsOf(error).name;
}

function partsOf(error: unknown): { name: string; code: string; status: number | undefined } {
  const one = (typeof error === 'object' && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: unknown };
    $response?: { statusCode?: unknown };
  };
  // An answer that cannot be read has its status only beside it.
  const status = one.$metadata?.httpStatusCode ?? one.$response?.statusCode;
  return {
    name: typeof one.name === 'string' ? one.name : 'Error',
    code: typeof one.code === 'string' ? one.code : '',
    status: typeof status === 'number' ? status : undefined,
  };
}

/** Ends in time, also where the SDK would wait on: for credentials, or for an answer that breaks off. */
export async function within<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(timeoutMs);
  const any = signal === undefined ? late : AbortSignal.any([late, signal]);
  const ended = Promise.withResolvers<never>();
  const end = (): void =>
    ended.reject(
      new NoAnswer(late.aborted ? `no answer within ${timeoutMs} ms` : 'given up before there was an answer'),
    );
  if (any.aborted) end();
  else any.addEventListener('abort', end, { once: true });
  // Whichever of the two comes second is of no interest.
  ended.promise.catch(() => {});
  if (any.aborted) return ended.promise;
  const answer = call(any);
  answer.catch(() => {});
  try {
    return await Promise.race([answer, ended.promise]);
  } finally {
    any.removeEventListener('abort', end);
  }
}

/** Readings of one API, each in time; what goes wrong is an `AwsError`. `onRequest`: hears of every one that is sent. */
export function readingsWithin(timeoutMs: number, onRequest: () => void = () => {}) {
  return <T>(
    what: string,
    signal: AbortSignal | undefined,
    call: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    reading(what, () =>
      within(timeoutMs, signal, (abortSignal) => {
        onRequest();
        return call(abortSignal);
      }),
    );
}

/** A reading: what goes wrong is an `AwsError`. */
export async function reading<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new AwsError(unsent(what, error), error);
  }
}
