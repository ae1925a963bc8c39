// One place that counts requests, before anything is looked up for them. Who has shown a good key or session lately is counted by
// it, and never by an address that others may share; everybody else by address, and so are attempts with keys that are not known.

import { createHash } from 'node:crypto';
import type { Metrics } from '../ports/metrics.ts';
import { createLimiter, type Limiter, takeOrRefuse } from './limiter.ts';

type Headers = Readonly<Record<string, string>>;

/** One request that was let in; whoever finds out who it is says so, once. Both throw ApiProblem 429 when it was one too many. */
export type Ticket = {
  byKey(keyId: string): Promise<Headers>;
  byAddress(): Promise<Headers>;
};

export type Quota = {
  /** Throws ApiProblem 429 when the address has had its share. Looks nothing up. */
  enter(request: Pick<Request, 'headers'>, address: string): Promise<Ticket>;
};

/** How long a credential that was good is let through to its own limit. It is still checked every time. */
const rememberedMs = 60_000;
const mostRemembered = 10_000;

export function createQuota(
  perMinute: { readonly perKey: number; readonly perAddress: number },
  metrics: Metrics,
  nowMs: () => number = () => performance.now(),
): Quota {
  const perKey = createLimiter('key', perMinute.perKey, metrics);
  const perAddress = createLimiter('address', perMinute.perAddress, metrics);
  // A person may come from an address that others have used up; a thousand made-up keys may not each cost a look-up.
  const unknownCredentials = createLimiter('address', perMinute.perAddress, metrics);
  const goodUntilMs = new Map<string, number>();

  const remember = (credential: string): void => {
    goodUntilMs.delete(credential);
    goodUntilMs.set(credential, nowMs() + rememberedMs);
    const [oldest] = goodUntilMs.keys();
    if (goodUntilMs.size > mostRemembered && oldest !== undefined) goodUntilMs.delete(oldest);
  };

  return {
    async enter(request, address) {
      const credential = credentialOf(request);
      let settled: Headers | null = null;
      if (credential === null) settled = await takeOrRefuse(perAddress, address);
      else if ((goodUntilMs.get(credential) ?? 0) <= nowMs()) await takeOrRefuse(unknownCredentials, address);
      const settle = async (limiter: Limiter | null, who: string): Promise<Headers> => {
        if (settled !== null) return settled;
        // Also when it is refused: one request is counted once.
        settled = {};
        settled = await takeOrRefuse(limiter, who);
        return settled;
      };
      return {
        byKey(keyId) {
          if (credential !== null) remember(credential);
          return settle(perKey, keyId);
        },
        byAddress: () => settle(perAddress, address),
      };
    },
  };
}

/** What the request says who it is with, as a digest; null when it says nothing. */
function credentialOf({ headers }: Pick<Request, 'headers'>): string | null {
  const key = headers.get('authorization');
  const cookies = headers.get('cookie');
  if (key === null && cookies === null) return null;
  return createHash('sha256')
    .update(`${key ?? ''}\n${cookies ?? ''}`)
    .digest('base64');
}
