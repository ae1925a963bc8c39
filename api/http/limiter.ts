// How many requests a minute somebody may make. In memory and per process: it keeps one caller from crowding out the
// others, it is no bill.

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiProblem } from '../errors.ts';
import type { Metrics } from '../ports/metrics.ts';

const windowSeconds = 60;

export type Taken = {
  readonly allowed: boolean;
  /** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After` when refused. */
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number;
};

export type Limiter = {
  readonly name: string;
  readonly perMinute: number;
  /** Counts one request of somebody. */
  take(who: string): Promise<Taken>;
};

/** Null when `perMinute` is 0, which stands for no limit. `name` is a word of a closed set. */
export function createLimiter(
  name: string,
  perMinute: number,
  metrics: Pick<Metrics, 'count'>,
): Limiter | null {
  if (perMinute === 0) return null;
  const memory = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
  return {
    name,
    perMinute,
    async take(who) {
      const taken = await memory.consume(who).then(
        (state) => ({ allowed: true, state }),
        (refused: unknown) => {
          if (!(refused instanceof RateLimiterRes)) throw refused;
          return { allowed: false, state: refused };
        },
      );
      if (!taken.allowed) metrics.count('sentinel_rate_limited_total', { limit: name });
      const seconds = Math.max(1, Math.ceil(taken.state.msBeforeNext / 1000));
      return {
        allowed: taken.allowed,
        retryAfterSeconds: seconds,
        headers: {
          'ratelimit-policy': `"${name}";q=${perMinute};w=${windowSeconds}`,
          ratelimit: `"${name}";r=${taken.state.remainingPoints};t=${seconds}`,
          ...(taken.allowed ? {} : { 'retry-after': String(seconds) }),
        },
      };
    },
  };
}

/** The headers to answer with. Throws ApiProblem 429 when there were too many. */
export async function takeOrRefuse(
  limiter: Limiter | null,
  who: string,
): Promise<Readonly<Record<string, string>>> {
  if (limiter === null) return {};
  const taken = await limiter.take(who);
  if (taken.allowed) return taken.headers;
  const detail = `At most ${limiter.perMinute} requests a minute are accepted here; try again in ${taken.retryAfterSeconds} s.`;
  throw new ApiProblem('rate-limited', detail, { reason: limiter.name, headers: taken.headers });
}
