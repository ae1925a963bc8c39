// Which findings have marks: alerts from outside, graver than information. What Sentinel measured itself goes by the service graph.

import type { Anomaly } from '../detection/anomaly.ts';
import { type Mark, marksOf } from './marks.ts';
import type { ServiceGraph } from './service-graph.ts';

export function marksOfAlert(anomaly: Anomaly, graph: ServiceGraph): readonly Mark[] {
  const { detector, severity, scope, title = '', common = {} } = anomaly;
  if (detector !== 'external' || severity === 'info') return [];
  const { environment, service } = scope;
  return marksOf({ environment, service, part: graph.partOf(service), title, common });
}
