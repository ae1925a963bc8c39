// How often an incident is told, by how long it takes to tell it: while Temporal keeps up, at once; while it is behind, what comes
// meanwhile is told together. Each message costs a workflow task and a record, so a storm told alert by alert would be told later.

/** What is about a service is told again after so many times as long as it took to tell it. */
const timesAsLong = 4;
const longestMs = 3_000;

export type Rest = {
  /** Services that are being told of, or were a moment ago. */
  services(nowMs: number): readonly string[];
  begin(services: Iterable<string>): void;
  /** They were told of, and a message took so long; answers how long they rest. */
  end(services: Iterable<string>, tookMs: number, nowMs: number): number;
};

export function createRest(): Rest {
  const untilMs = new Map<string, number>();
  return {
    services(nowMs) {
      for (const [service, until] of untilMs) if (until <= nowMs) untilMs.delete(service);
      return [...untilMs.keys()];
    },
    begin(services) {
      for (const service of services) untilMs.set(service, Number.POSITIVE_INFINITY);
    },
    end(services, tookMs, nowMs) {
      const restMs = Math.min(longestMs, timesAsLong * tookMs);
      for (const service of services) untilMs.set(service, nowMs + restMs);
      return restMs;
    },
  };
}
