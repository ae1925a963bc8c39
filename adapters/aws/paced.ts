// How often AWS is asked what its targets do: within a number of requests a minute, and more rarely while AWS says that it is too
// often. While nothing may be asked, what fires goes on firing.

import type { AlertEvent, Observation } from '../../domain/observation.ts';
import type { Readings } from '../../ingest/watched.ts';
import { AwsError, refused } from './answers.ts';

export type Look = (environment: string, signal: AbortSignal) => Promise<readonly Observation[]>;

export type Pace = {
  /** One request is sent. */
  count(): void;
  /** Something of the answer is missing, in a sentence; told until the next look. */
  lacks(what: string): void;
  readings(alertsFrom: string, look: Look): Readings;
};

const minuteMs = 60_000;
const firstBackOffMs = 15_000;
const longestBackOffMs = 5 * minuteMs;
/** A look that comes more rarely than this is told of. */
const rareMs = minuteMs;

export function createPace(
  { callsPerMinute }: { readonly callsPerMinute: number },
  nowMs: () => number,
): Pace {
  let left = callsPerMinute;
  let filledAtMs = nowMs();
  /** What a look has cost, by environment. */
  const costs = new Map<string, number>();
  const firing = new Map<string, readonly AlertEvent[]>();
  const lookedAtMs = new Map<string, number>();
  let calls = 0;
  let lacking: string | null = null;
  let backOff: { readonly pauseMs: number; readonly untilMs: number; readonly why: string } | null = null;

  /** Also after our clock was set back. */
  function refill(now: number): void {
    const passedMs = Math.max(0, now - filledAtMs);
    left = Math.min(callsPerMinute, left + (passedMs * callsPerMinute) / minuteMs);
    filledAtMs = now;
  }

  function throttled(error: AwsError, now: number): AwsError {
    const pauseMs = Math.min(longestBackOffMs, backOff === null ? firstBackOffMs : backOff.pauseMs * 2);
    backOff = { pauseMs, untilMs: now + pauseMs, why: error.message };
    return waits(backOff, now);
  }

  const everyMs = (): number => {
    const cost = [...costs.values()].reduce((sum, one) => sum + one, 0);
    return (cost * minuteMs) / callsPerMinute;
  };

  async function paced(
    environment: string,
    look: Look,
    signal: AbortSignal,
  ): Promise<readonly Observation[]> {
    const now = nowMs();
    refill(now);
    if (backOff !== null && now < backOff.untilMs && backOff.untilMs - now <= longestBackOffMs)
      throw waits(backOff, now);
    const cost = costs.get(environment) ?? 1;
    if (left < Math.min(cost, callsPerMinute)) return firing.get(environment) ?? [];
    const before = calls;
    lacking = null;
    try {
      const seen = await look(environment, signal);
      backOff = null;
      lookedAtMs.set(environment, now);
      firing.set(
        environment,
        seen.filter((one) => one.kind === 'alert'),
      );
      return seen;
    } catch (error) {
      if (error instanceof AwsError && error.code === 'throttled') throw throttled(error, nowMs());
      throw error;
    } finally {
      costs.set(environment, Math.max(1, calls - before));
      left -= calls - before;
    }
  }

  return {
    count() {
      calls += 1;
    },
    lacks(what) {
      lacking = what;
    },
    readings: (alertsFrom, look) => ({
      alertsFrom,
      read: (environment, signal) => paced(environment, look, signal),
      changesUntilMs: (environment) => lookedAtMs.get(environment) ?? null,
      problem() {
        if (lacking !== null) return lacking;
        const every = everyMs();
        return every > rareMs
          ? `callsPerMinute: ${callsPerMinute} allows a look only every ${Math.round(every / 1_000)} s; raise it, or name fewer targets`
          : null;
      },
    }),
  };
}

function waits({ untilMs, why }: { readonly untilMs: number; readonly why: string }, now: number): AwsError {
  const seconds = Math.max(1, Math.round((untilMs - now) / 1_000));
  return new AwsError(
    refused('throttled', `AWS says that it is asked too often; asked again in ${seconds} s (${why})`),
    null,
  );
}
