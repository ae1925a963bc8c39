// What a metric series says about the resources of a service, from detection's table of names: one table of meanings
// for finding symptoms and for explaining them.

import { attributeOf } from '../conventions.ts';
import { parseLabels } from '../detection/aggregate/labels.ts';
import { isReportedFromOutside, type SignalRule, signalOf, stateOf } from '../detection/signals.ts';

export type ResourceMetric =
  | 'cpu'
  | 'memory-usage'
  | 'memory-limit'
  | 'memory-share'
  | 'disk-usage'
  | 'disk-limit'
  | 'disk-share'
  | 'pool-used'
  | 'pool-max'
  | 'pool-pending'
  | 'restarts'
  | 'running'
  | 'replicas-desired'
  | 'replicas-available';

/** A whole machine is shared by many services; what it shows is no sign of one of them. */
const ofTheMachine = /^system\.(cpu|memory)\./;

/** What the series `metric{attributes}` measures, or null when it says nothing diagnosis reasons over. */
export function resourceMetric(metric: string, attributes: string): ResourceMetric | null {
  if (ofTheMachine.test(metric)) return null;
  const kind = kindOf(signalOf(metric));
  if (kind !== 'pool-used' && kind !== 'disk-usage' && kind !== 'disk-share') return kind;
  // Split by state only the used part counts; connections are always split, disk space sometimes.
  const state = stateOf(parseLabels(attributes));
  if (state === 'used') return kind;
  return state === null && kind !== 'pool-used' ? kind : null;
}

export { isReportedFromOutside };

function kindOf({ signal, role }: SignalRule): ResourceMetric | null {
  switch (signal) {
    case 'cpu':
      return role === 'share' || role === 'level' ? 'cpu' : null;
    case 'memory':
    case 'disk':
      if (role === 'usage') return `${signal}-usage`;
      if (role === 'limit') return `${signal}-limit`;
      return role === 'share' ? `${signal}-share` : null;
    case 'pool':
      if (role === 'usage') return 'pool-used';
      if (role === 'limit') return 'pool-max';
      return role === 'waiting' ? 'pool-pending' : null;
    case 'restarts':
      return 'restarts';
    case 'availability':
      if (role === 'desired') return 'replicas-desired';
      if (role === 'available') return 'replicas-available';
      return role === 'running' ? 'running' : null;
    default:
      return null;
  }
}

/** Which pool of an instance the series is about; empty when it has only one without a name. */
export function poolOf(attributes: string): string {
  return attributeOf('db.client.connection.pool.name', parseLabels(attributes));
}
