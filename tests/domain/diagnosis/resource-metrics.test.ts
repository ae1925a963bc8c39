import { describe, expect, it } from 'vitest';
import { poolOf, resourceMetric } from '../../../domain/diagnosis/resource-metrics.ts';

describe('what a metric says about a service', () => {
  it.each([
    ['process.cpu.utilization', '', 'cpu'],
    ['k8s.pod.memory.working_set', '', 'memory-usage'],
    ['container.memory.limit', '', 'memory-limit'],
    ['system.filesystem.usage', 'system.filesystem.mountpoint=/data', 'disk-usage'],
    ['system.filesystem.usage', 'system.filesystem.state=used', 'disk-usage'],
    ['system.filesystem.usage', 'system.filesystem.state=free', null],
    ['db.client.connection.count', 'db.client.connection.state=used', 'pool-used'],
    ['db.client.connection.count', 'db.client.connection.state=idle', null],
    ['db.client.connection.count', '', null],
    ['db.client.connection.pending_requests', '', 'pool-pending'],
    ['k8s.container.restarts', '', 'restarts'],
    ['container.replicas.available', '', 'replicas-available'],
    ['system.cpu.utilization', '', null],
    ['my.own.metric', '', null],
  ] as const)('%s{%s} is %s', (metric, attributes, kind) => {
    expect(resourceMetric(metric, attributes)).toBe(kind);
  });

  it('pools are told apart by name', () => {
    expect(poolOf('db.client.connection.pool.name=main,db.client.connection.state=used')).toBe('main');
    expect(poolOf('')).toBe('');
  });
});
