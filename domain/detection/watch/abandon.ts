// Findings about instances that are gone: over when another instance of the service does without the symptom, since
// nothing will ever come to clear them. While nothing took its place, they stay.

import type { WatchContext } from './context.ts';
import type { ServiceLife } from './liveness.ts';
import type { MetricTable } from './metric-table.ts';

/** A new instance shows a symptom it inherits within this time. */
const healthyAfterMs = 5_000;

/** Clears what fires about instances that are not heard of any more, where a healthy one is. */
export function abandonGone(
  metrics: MetricTable,
  services: ReadonlyMap<string, ServiceLife>,
  nowMs: number,
  context: WatchContext,
): void {
  for (const watch of metrics.firingWatches()) {
    const { service, instance } = watch.source;
    const life = services.get(service);
    if (instance === '' || life === undefined) continue;
    const alive = life.alive(nowMs);
    if (alive.includes(instance)) continue;
    const healthy = alive.some((name) => {
      const other = metrics.watchAt(watch, name);
      const ageMs = nowMs - (life.instances.get(name)?.firstMs ?? nowMs);
      return other !== null && !other.firing && !other.suspicious && ageMs >= healthyAfterMs;
    });
    if (healthy) watch.abandon(nowMs, context);
  }
}
