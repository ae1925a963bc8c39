import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../ingest/limits.ts';
import { decodeOtlp, type OtlpEncoding } from '../../../ingest/otlp/decode.ts';
import { attribute, encodeRequest, gauge, metricsRequest, nowMs } from '../support/otlp.ts';

type Given = Readonly<Record<string, string>>;

describe.each<OtlpEncoding>(['json', 'protobuf'])('who telemetry is about, as %s', (encoding) => {
  function scopeOf(given: Given, identity?: { service: string[]; instance: string[] }) {
    const attributes = Object.entries(given).map(([key, value]) => attribute(key, value));
    const request = metricsRequest([gauge('m', { asInt: '1' })], { attributes });
    const { observations } = decodeOtlp('metrics', encoding, encodeRequest('metrics', encoding, request), {
      limits: defaultLimits,
      defaultEnvironment: 'e',
      nowMs,
      identity,
    });
    return observations[0]?.scope;
  }
  const instanceOf = (given: Given) => scopeOf({ 'service.name': 'cart', ...given })?.resourceId;

  test.each<[string, Given, Given]>([
    ['names of pods', { 'k8s.pod.name': 'cart-a' }, { 'k8s.pod.name': 'cart-b' }],
    [
      'pods of one name in two namespaces',
      { 'k8s.pod.name': 'cart-0', 'k8s.namespace.name': 'eu' },
      { 'k8s.pod.name': 'cart-0', 'k8s.namespace.name': 'us' },
    ],
    [
      'pods of one name in two clusters',
      { 'k8s.pod.name': 'cart-0', 'k8s.pod.uid': 'u-1' },
      { 'k8s.pod.name': 'cart-0', 'k8s.pod.uid': 'u-2' },
    ],
    [
      'containers of one pod',
      { 'k8s.pod.uid': 'u-1', 'k8s.container.name': 'app' },
      { 'k8s.pod.uid': 'u-1', 'k8s.container.name': 'proxy' },
    ],
    [
      'pods on one node',
      { 'host.name': 'node-1', 'k8s.pod.uid': 'u-1' },
      { 'host.name': 'node-1', 'k8s.pod.uid': 'u-2' },
    ],
    [
      'containers on one host',
      { 'host.name': 'docker-1', 'container.id': 'c1' },
      { 'host.name': 'docker-1', 'container.id': 'c2' },
    ],
    ['tasks of ECS', { 'aws.ecs.task.arn': 'arn:1' }, { 'aws.ecs.task.arn': 'arn:2' }],
    ['hosts', { 'host.name': 'web-1' }, { 'host.name': 'web-2' }],
    [
      'processes on one host',
      { 'host.name': 'web-1', 'process.pid': '17' },
      { 'host.name': 'web-1', 'process.pid': '18' },
    ],
  ])('%s are told apart', (_, one, other) => {
    expect(instanceOf(one)).toBeDefined();
    expect(instanceOf(one)).not.toBe(instanceOf(other));
  });

  test('service.instance.id, when there is one, is the instance', () => {
    expect(instanceOf({ 'k8s.pod.uid': 'u-1', 'host.name': 'h', 'service.instance.id': 'cart-1' })).toBe(
      'cart-1',
    );
    expect(instanceOf({})).toBeUndefined();
  });

  test.each<[string, Given, string]>([
    [
      'a workload',
      { 'k8s.deployment.name': 'cart', 'k8s.pod.name': 'cart-7d9f-a', 'host.name': 'n1' },
      'cart',
    ],
    [
      'what an SDK writes without a name',
      { 'service.name': 'unknown_service', 'k8s.job.name': 'import' },
      'import',
    ],
    [
      'an executable, before its machine',
      { 'service.name': 'unknown_service:java', 'host.name': 'web-1' },
      'unknown_service:java',
    ],
    ['a machine', { 'host.name': 'web-1', 'os.type': 'linux' }, 'web-1'],
    ['a node', { 'k8s.node.name': 'node-1', 'k8s.cluster.name': 'eu' }, 'node-1'],
    ['nothing at all', { 'os.type': 'linux' }, 'unknown_service'],
  ])('the service of %s', (_, given, service) => {
    expect(scopeOf(given)?.service).toBe(service);
  });

  test('the lists are configuration', () => {
    const identity = { service: ['service.namespace+service.name'], instance: ['rack'] };
    const given = {
      'service.namespace': 'shop',
      'service.name': 'api',
      rack: 'r7',
      'service.instance.id': 'i',
    };
    expect(scopeOf(given, identity)).toEqual({ environment: 'e', service: 'shop/api', resourceId: 'r7' });
  });
});
