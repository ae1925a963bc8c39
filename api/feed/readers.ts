// Who reads streams: what each is, and that none takes the room of all. A key has a tenth of it at most, and an address a quarter,
// because people may share one; small installations are not cut up.

import type { Principal } from '../ports/principal.ts';

export type StreamReader = {
  readonly principal: Principal;
  /** Where the request came from, as limits count it. */
  readonly address: string;
  /** The login the stream was opened with; null when it was a key by itself. */
  readonly session: SessionHold | null;
};

/** A login, and whether it still holds: not logged out, not expired, its key not revoked. */
export type SessionHold = { readonly token: string; holds(): Promise<boolean> };

export type NoRoom = 'too-many-readers' | 'too-many-of-key' | 'too-many-of-address';

/** Why one more has no room among those that read; null when it has. */
export function roomProblem(
  reading: Iterable<StreamReader>,
  one: Pick<StreamReader, 'principal' | 'address'>,
  maxReaders: number,
): NoRoom | null {
  let all = 0;
  let ofKey = 0;
  let ofAddress = 0;
  for (const { principal, address } of reading) {
    all += 1;
    if (principal.keyId === one.principal.keyId) ofKey += 1;
    if (address === one.address) ofAddress += 1;
  }
  if (all >= maxReaders) return 'too-many-readers';
  if (ofKey >= Math.max(10, Math.ceil(maxReaders / 10))) return 'too-many-of-key';
  return ofAddress >= Math.max(20, Math.ceil(maxReaders / 4)) ? 'too-many-of-address' : null;
}

/** Those whose login is over. Each login is asked about once, however many streams it has. */
export async function withoutSession<T extends { readonly reader: StreamReader }>(
  all: readonly T[],
): Promise<T[]> {
  const byToken = Map.groupBy(
    all.filter(({ reader }) => reader.session !== null),
    ({ reader }) => reader.session?.token,
  );
  const over = await Promise.all(
    [...byToken.values()].map(async (same) =>
      (await same[0]?.reader.session?.holds()) === true ? [] : same,
    ),
  );
  return over.flat();
}
