import type { Kind } from './kind.ts';

const awsName = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

/** A service of Amazon ECS; `cluster` is the name that the executor's configuration gives it. */
export const ecs: Kind = {
  id: 'ecs',
  parts: [
    { name: 'cluster', pattern: awsName, maxLength: 255, isAlias: true },
    { name: 'service', pattern: awsName, maxLength: 255 },
  ],
  example: 'ecs/main/orders',
  words: ([cluster, service]) => `ECS service ${service} in cluster ${cluster}`,
  fromTelemetry: (attributes) => [
    attributes['aws.ecs.cluster.arn']?.split('/').at(-1),
    attributes['aws.ecs.service.name'],
  ],
};
