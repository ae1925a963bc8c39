// The parts of Kubernetes objects that are read, checked at the door. What else an object has stays in it: a template that is
// put back is the one that was stored.

import { z } from 'zod';

const names = z.record(z.string(), z.string());

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().default(''),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.int().default(0),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  labels: names.default({}),
  annotations: names.default({}),
  ownerReferences: z
    .array(
      z.looseObject({
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().default(false),
      }),
    )
    .default([]),
  managedFields: z
    .array(
      z.looseObject({
        manager: z.string().default(''),
        operation: z.string().default(''),
        fieldsV1: z.unknown(),
        subresource: z.string().default(''),
      }),
    )
    .default([]),
});
export type Metadata = z.output<typeof metadata>;

const template = z.looseObject({
  metadata: z.looseObject({ labels: names.nullish(), annotations: names.nullish() }).nullish(),
  spec: z.looseObject({
    containers: z.array(z.looseObject({ name: z.string(), image: z.string().default('') })).min(1),
  }),
});
export type Template = z.output<typeof template>;

const count = z.int().default(0);

export const workload = z.looseObject({
  metadata,
  spec: z.looseObject({
    replicas: z.int().optional(),
    paused: z.boolean().default(false),
    template,
    updateStrategy: z
      .looseObject({
        type: z.string().default('RollingUpdate'),
        rollingUpdate: z.looseObject({ partition: count }).nullish(),
      })
      .nullish(),
  }),
  status: z
    .looseObject({
      observedGeneration: count,
      replicas: count,
      readyReplicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      currentRevision: z.string().default(''),
      updateRevision: z.string().default(''),
      desiredNumberScheduled: count,
      currentNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
      numberReady: count,
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type Workload = z.output<typeof workload>;

export const replicaSet = z.looseObject({ metadata, spec: z.looseObject({ template }) });
export type ReplicaSet = z.output<typeof replicaSet>;

export const controllerRevision = z.looseObject({
  metadata,
  revision: z.int(),
  data: z.looseObject({ spec: z.looseObject({ template }) }).optional(),
});
export type ControllerRevision = z.output<typeof controllerRevision>;

const containerStatus = z.looseObject({
  name: z.string(),
  restartCount: count,
  state: z
    .looseObject({
      running: z.looseObject({ startedAt: z.string().nullish() }).nullish(),
      waiting: z.looseObject({ reason: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

export const pod = z.looseObject({
  metadata,
  spec: z
    .looseObject({
      nodeName: z.string().default(''),
      volumes: z.array(z.looseObject({ name: z.string(), emptyDir: z.unknown() })).default([]),
    })
    .prefault({}),
  status: z
    .looseObject({
      phase: z.string().default('Pending'),
      startTime: z.string().nullish(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
});
export type Pod = z.output<typeof pod>;

export const node = z.looseObject({
  metadata,
  spec: z.looseObject({ unschedulable: z.boolean().default(false) }).prefault({}),
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      nodeInfo: z.looseObject({ kubeletVersion: z.string().default('') }).prefault({}),
    })
    .prefault({}),
});
export type Node = z.output<typeof node>;

/** What Argo CD and Flux keep workloads by: an Application, a Kustomization, a HelmRelease. */
export const syncObject = z.looseObject({
  metadata,
  spec: z.looseObject({ suspend: z.boolean().default(false) }).prefault({}),
  status: z
    .looseObject({
      operationState: z.looseObject({ phase: z.string().default('') }).nullish(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      resources: z
        .array(z.looseObject({ kind: z.string(), namespace: z.string().default(''), name: z.string() }))
        .default([]),
      inventory: z.looseObject({ entries: z.array(z.looseObject({ id: z.string() })).default([]) }).nullish(),
    })
    .prefault({}),
});
export type SyncObject = z.output<typeof syncObject>;

export const autoscaler = z.looseObject({
  metadata,
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    minReplicas: z.int().default(1),
    maxReplicas: z.int().default(0),
  }),
});
export type Autoscaler = z.output<typeof autoscaler>;

/** Those of the items that are what they should be; a single odd one hides no other. */
export function allOf<T>(schema: z.ZodType<T>, items: readonly unknown[]): readonly T[] {
  return items.flatMap((item) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
}
