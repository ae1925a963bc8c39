// Remembers about which services somebody without a key has sent telemetry lately. What is found about such a service may open an
// incident, but no plan of it is carried out without a person: whoever reaches the port could have made the symptom up.

import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { Scope } from '../domain/scope.ts';

/** As long as detection itself remembers a service. */
const rememberedMs = 24 * 60 * 60_000;

export type Vouching = {
  /** Nobody stands behind what was just received about these. */
  unvouched(scopes: Iterable<Scope>, nowMs: number): void;
  /** The anomalies, those about such services marked. */
  marked(anomalies: readonly Anomaly[], nowMs: number): readonly Anomaly[];
};

/** Beyond `maxServices` it stops telling services apart, and vouches for none until what it remembers is over. */
export function createVouching(maxServices = 10_000): Vouching {
  const lastMs = new Map<string, number>();
  let noneUntilMs = Number.NEGATIVE_INFINITY;

  const isUnvouched = (scope: Scope, nowMs: number): boolean => {
    if (nowMs < noneUntilMs) return true;
    const seenMs = lastMs.get(keyOf(scope));
    return seenMs !== undefined && nowMs - seenMs < rememberedMs;
  };

  return {
    unvouched(scopes, nowMs) {
      for (const scope of scopes) {
        const key = keyOf(scope);
        lastMs.delete(key);
        lastMs.set(key, nowMs);
      }
      for (const [key, seenMs] of lastMs) {
        if (nowMs - seenMs < rememberedMs) break;
        lastMs.delete(key);
      }
      if (lastMs.size <= maxServices) return;
      lastMs.clear();
      noneUntilMs = nowMs + rememberedMs;
    },
    marked: (anomalies, nowMs) =>
      anomalies.map((anomaly) =>
        isUnvouched(anomaly.scope, nowMs) ? { ...anomaly, unvouched: true as const } : anomaly,
      ),
  };
}

function keyOf({ environment, service }: Scope): string {
  return JSON.stringify([environment, service]);
}
