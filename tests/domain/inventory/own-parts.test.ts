import { describe, expect, test } from 'vitest';
import { type OwnPart, ownPart } from '../../../domain/inventory/own-parts.ts';
import type { ObservedState } from '../../../domain/inventory/target.ts';

function target(
  resource: string | undefined,
  service = 'orders',
  ...replicaIds: readonly string[]
): ObservedState {
  return {
    target: { environment: 'production', service, ...(resource === undefined ? {} : { resource }) },
    desiredReplicas: 1,
    replicas: replicaIds.map((id) => ({ id, state: 'running', startedAtMs: 0, restarts: 0 })),
    release: 'r1',
    config: 'c1',
  };
}

const postgres: OwnPart = { name: 'pg', namespace: 'sentinel', is: 'its Postgres' };
const pod: OwnPart = { name: 'worker-7d9f8b6c5-x2k4q', namespace: 'sentinel', is: 'this process' };
const container: OwnPart = { name: '0123456789ab', is: 'this process' };
const named: OwnPart = { name: 'Pg', is: 'its Postgres' };
const full = `${container.name}${'f'.repeat(52)}`;

describe("Sentinel's own parts", () => {
  test.each([
    ['the workload of a host name', target('kubernetes/main/sentinel/statefulset/pg'), postgres],
    ['the deployment of the own pod', target('kubernetes/main/sentinel/deployment/worker'), pod],
    [
      'the pod of a daemon set',
      target('kubernetes/main/x/daemonset/agent'),
      { name: 'agent-x2k4q', is: 'this process' },
    ],
    [
      'the pod of a stateful set',
      target('kubernetes/main/x/statefulset/db'),
      { name: 'db-0', is: 'this process' },
    ],
    [
      'what runs the own pod, whatever it is called',
      target('kubernetes/main/sentinel/deployment/x', 'x', pod.name),
      pod,
    ],
    ['the container by its name', target('docker/web1/pg'), named],
    ['the container by the beginning of its id', target('docker/web1/anything', 'x', full), container],
    [
      'the container by its whole id',
      target('docker/web1/anything', 'x', container.name),
      { ...container, name: full },
    ],
    ['the host', target('host/pg'), named],
    ['the ECS service', target('ecs/main/pg'), named],
    ['a name, where only names are known', target(undefined, 'pg'), named],
  ] as const)('%s is protected', (_what, state, part) => {
    expect(ownPart(state, [{ name: 'elsewhere', is: 'its Kafka' }, part])).toBe(
      `it is one of Sentinel's own parts (${part.is}: ${part.name})`,
    );
  });

  test.each([
    [
      'a workload of the same name in another namespace',
      target('kubernetes/main/shop/statefulset/pg'),
      postgres,
    ],
    [
      'a workload that the name of the pod only begins with',
      target('kubernetes/main/sentinel/deployment/work'),
      pod,
    ],
    ['a longer name', target('docker/web1/pg-exporter'), named],
    ['a container whose id merely holds the name', target('docker/web1/a', 'a', 'f0123456789ab'), container],
    ['another service', target(undefined, 'orders', 'orders-1'), named],
  ] as const)('%s is not', (_what, state, part) => {
    expect(ownPart(state, [part])).toBeNull();
  });
});
