/** Every name that a convention has had means the same: pair by pair, through the code that reads it. */
import { describe, expect, test } from 'vitest';
import { attributeOf, metricNow, toMilliseconds } from '../../domain/conventions.ts';
import { isServedRequests, signalOf, stateOf, withoutState } from '../../domain/detection/signals.ts';
import { poolOf } from '../../domain/diagnosis/resource-metrics.ts';
import { callFailed } from '../../domain/failed-call.ts';
import { attribute, decode, span, tracesRequest } from '../ingest/support/otlp.ts';

type Pair = readonly [now: string, before: string];

describe('attributes', () => {
  const spanWith = (given: Readonly<Record<string, string>>) =>
    decode(
      'traces',
      tracesRequest([
        span({ kind: 3, attributes: Object.entries(given).map(([key, value]) => attribute(key, value)) }),
      ]),
    ).observations[0];

  test.each<Pair>([
    ['service.peer.name', 'peer.service'],
    ['server.address', 'net.peer.name'],
    ['messaging.destination.name', 'messaging.destination'],
    ['db.namespace', 'db.name'],
    ['db.system.name', 'db.system'],
  ])('%s and %s say who was called', (now, before) => {
    expect(spanWith({ [now]: 'carts' })).toMatchObject({ peer: 'carts' });
    expect(spanWith({ [before]: 'carts' })).toEqual(spanWith({ [now]: 'carts' }));
    expect(spanWith({ [before]: 'old', [now]: 'new' })).toMatchObject({ peer: 'new' });
  });

  test('the name of a service says more than where it is, and that more than what kind of store it is', () => {
    const all = { 'db.system': 'postgresql', 'db.name': 'shop', 'net.peer.name': 'db-1' };
    expect(spanWith({ ...all, 'peer.service': 'orders' })).toMatchObject({ peer: 'orders' });
    expect(spanWith(all)).toMatchObject({ peer: 'db-1' });
    expect(spanWith({ 'db.system': 'postgresql', 'db.name': 'shop' })).toMatchObject({ peer: 'shop' });
  });

  test.each<[...Pair, value: string]>([
    ['http.response.status_code', 'http.status_code', '503'],
    ['rpc.response.status_code', 'rpc.grpc.status_code', '14'],
    ['rpc.response.status_code', 'rpc.connect_rpc.error_code', 'unavailable'],
  ])('%s and %s say whether a call failed', (now, before, value) => {
    expect(spanWith({ [now]: value })).toMatchObject({ error: true });
    expect(spanWith({ [before]: value })).toMatchObject({ error: true });
    expect(callFailed('server', 'unset', { [before]: value })).toBe(true);
    expect(
      callFailed('server', 'unset', { [before]: value, [now]: now.startsWith('http') ? '200' : 'OK' }),
    ).toBe(false);
  });

  test('deployment.environment.name and deployment.environment name the environment', () => {
    const scopeOf = (name: string) =>
      decode('traces', tracesRequest([span({})], { attributes: [attribute(name, 'staging')] }))
        .observations[0]?.scope.environment;
    expect(scopeOf('deployment.environment.name')).toBe('staging');
    expect(scopeOf('deployment.environment')).toBe('staging');
  });

  test.each<Pair>([
    ['db.client.connection.state', 'state'],
    ['system.filesystem.state', 'state'],
    ['system.memory.state', 'state'],
  ])('%s and %s split a capacity', (now, before) => {
    for (const name of [now, before]) {
      expect(stateOf({ [name]: 'used', device: 'sda' })).toBe('used');
      expect(withoutState({ [name]: 'used', device: 'sda' })).toEqual({ device: 'sda' });
    }
  });

  test('db.client.connection.pool.name and pool.name name a pool', () => {
    expect([poolOf('db.client.connection.pool.name=main'), poolOf('pool.name=main')]).toEqual([
      'main',
      'main',
    ]);
  });

  test('an empty one is none', () => {
    expect(attributeOf('server.address', { 'server.address': '', 'net.peer.name': 'db-1' })).toBe('db-1');
    expect(attributeOf('server.address', {})).toBe('');
  });
});

describe('metrics', () => {
  test.each<[...Pair, signal: string, role: string]>([
    ['db.client.connection.count', 'db.client.connections.usage', 'pool', 'usage'],
    ['db.client.connection.max', 'db.client.connections.max', 'pool', 'limit'],
    ['db.client.connection.pending_requests', 'db.client.connections.pending_requests', 'pool', 'waiting'],
    ['jvm.cpu.recent_utilization', 'process.runtime.jvm.cpu.utilization', 'cpu', 'share'],
    ['jvm.memory.used', 'process.runtime.jvm.memory.usage', 'memory', 'usage'],
    ['jvm.memory.limit', 'process.runtime.jvm.memory.limit', 'memory', 'limit'],
    ['k8s.deployment.pod.desired', 'k8s.deployment.desired_pods', 'availability', 'desired'],
    ['k8s.deployment.pod.desired', 'k8s.deployment.desired', 'availability', 'desired'],
    ['k8s.deployment.pod.available', 'k8s.deployment.available_pods', 'availability', 'available'],
    ['k8s.deployment.pod.available', 'k8s.deployment.available', 'availability', 'available'],
    ['k8s.statefulset.pod.desired', 'k8s.statefulset.desired_pods', 'availability', 'desired'],
    ['k8s.statefulset.pod.ready', 'k8s.statefulset.ready_pods', 'availability', 'available'],
    ['k8s.replicaset.pod.desired', 'k8s.replicaset.desired_pods', 'availability', 'desired'],
    ['k8s.replicaset.pod.desired', 'k8s.replicaset.desired', 'availability', 'desired'],
    ['k8s.replicaset.pod.available', 'k8s.replicaset.available_pods', 'availability', 'available'],
    ['k8s.replicaset.pod.available', 'k8s.replicaset.available', 'availability', 'available'],
    ['k8s.container.restart.count', 'k8s.container.restarts', 'restarts', 'restarts'],
    ['k8s.container.cpu.limit.utilization', 'k8s.container.cpu.limit_utilization', 'cpu', 'share'],
    ['k8s.container.cpu.limit.utilization', 'k8s.container.cpu_limit_utilization', 'cpu', 'share'],
    ['k8s.container.memory.limit.desired', 'k8s.container.memory.limit', 'memory', 'limit'],
    ['k8s.container.memory.limit.desired', 'k8s.container.memory_limit', 'memory', 'limit'],
    ['http.client.request.duration.p95', 'http.client.duration.p95', 'latency', 'ignored'],
    ['rpc.client.call.duration.p95', 'rpc.client.duration.p95', 'latency', 'ignored'],
    ['http.server.request.duration.rate', 'http.server.duration.rate', 'traffic', 'ignored'],
    ['http.server.request.duration.p50', 'http.server.duration.p50', 'latency', 'ignored'],
    ['rpc.server.call.duration.rate', 'rpc.server.duration.rate', 'traffic', 'ignored'],
    ['rpc.server.call.duration.p50', 'rpc.server.duration.p50', 'latency', 'ignored'],
  ])('%s and %s mean the same', (now, before, signal, role) => {
    expect(signalOf(now)).toMatchObject({ signal, role });
    expect(signalOf(before)).toEqual(signalOf(now));
  });

  test.each<Pair>([
    ['http.server.request.duration', 'http.server.duration'],
    ['rpc.server.call.duration', 'rpc.server.duration'],
  ])(
    '%s, in seconds, and %s, in milliseconds, are served requests, with or without their unit',
    (now, before) => {
      expect([isServedRequests(now), isServedRequests(before)]).toEqual([true, true]);
      expect(metricNow(before)).toBe(now);
      expect([toMilliseconds(now, 's'), toMilliseconds(now, '')]).toEqual([1000, 1000]);
      expect([toMilliseconds(before, 'ms'), toMilliseconds(before, '')]).toEqual([1, 1]);
      // Who says a unit has the last word.
      expect([toMilliseconds(now, 'ms'), toMilliseconds(before, 's'), toMilliseconds(now, 'us')]).toEqual([
        1, 1000, 1e-3,
      ]);
    },
  );

  test('consumers serve messages; other durations are nobody’s requests', () => {
    expect(isServedRequests('messaging.process.duration')).toBe(true);
    expect(toMilliseconds('messaging.process.duration', '')).toBe(1000);
    expect(isServedRequests('http.client.request.duration')).toBe(false);
  });
});
