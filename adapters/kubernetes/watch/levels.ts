// What is measured: how many pods of a service have to be ready, how many of them are, and how often containers have restarted.

import type { GaugePoint } from '../../../domain/observation.ts';
import type { Rollouts } from './rollouts.ts';
import type { Belongs, View } from './view.ts';

export function levelsOf(
  view: View,
  rollouts: Rollouts,
  environment: string,
  serviceOf: (of: Belongs) => string,
  nowMs: number,
): readonly GaugePoint[] {
  const byService = new Map<string, { expected: number; ready: number }>();
  for (const { all } of view.workloads)
    for (const workload of all.values()) {
      const { namespace, kind, name, service } = workload;
      const its = serviceOf({ namespace, kind, name, service, workload });
      const sum = byService.get(its) ?? { expected: 0, ready: 0 };
      const expected = rollouts.expected(workload, nowMs);
      sum.expected += expected;
      // What one workload has too many is no help to another one.
      sum.ready += Math.min(workload.ready, expected);
      byService.set(its, sum);
    }
  const points: GaugePoint[] = [];
  const gauge = (
    scope: GaugePoint['scope'],
    metric: string,
    unit: string,
    value: number,
    attributes: GaugePoint['attributes'] = {},
  ) => void points.push({ kind: 'gauge', scope, metric, unit, attributes, atMs: nowMs, value });
  for (const [service, { expected, ready }] of byService) {
    gauge({ environment, service }, 'container.replicas.desired', '{pod}', expected);
    gauge({ environment, service }, 'container.replicas.available', '{pod}', ready);
  }
  for (const { all } of view.pods)
    for (const pod of all.values()) {
      if (pod.deleting || pod.phase === 'Failed' || pod.phase === 'Succeeded') continue;
      const scope = { environment, service: serviceOf(view.belongsTo(pod)), resourceId: pod.name };
      for (const { name, restarts } of pod.containers)
        gauge(scope, 'k8s.container.restart.count', '{restart}', restarts, { 'k8s.container.name': name });
    }
  return points;
}
