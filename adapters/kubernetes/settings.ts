// The keys of a Kubernetes executor in the configuration.

import { z } from 'zod';

const name = (what: string) =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, `expected ${what}: lower-case letters, digits, . and -`);
const file = z.string().min(1).max(4_096);
const seconds = (low: number, high: number) => z.int().min(low).max(high);

/** What it can do to workloads; docs/kubernetes.md says what each does there. */
const workloadActions = [
  'restart',
  'scale',
  'rollback-release',
  'deploy-release',
  'rollback-config',
  'apply-config',
] as const;

export const settings = z.strictObject({
  cluster: name('a name for the cluster').describe(
    'What this cluster is called in the names of targets, such as `kubernetes/main/shop/deployment/orders`.',
  ),
  kubeconfig: file
    .optional()
    .describe(
      'Kubeconfig file. Without it: the service account of the pod Sentinel runs in. It is read again every minute.',
    ),
  readContext: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe('Context of the kubeconfig for reading. Default: its current context.'),
  writeContext: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe('Context for changes and their dry runs. Default: the one for reading.'),
  readTokenFile: file
    .optional()
    .describe('File with the bearer token for reading, in place of the credentials of the context.'),
  writeTokenFile: file.optional().describe('File with the bearer token for changes and their dry runs.'),
  namespaces: z
    .array(name('the name of a namespace'))
    .min(1)
    .max(100)
    .describe('The namespaces it reads and acts in; there are no wildcards.'),
  actions: z
    .array(z.enum(workloadActions))
    .min(1)
    .default([...workloadActions])
    .describe('What it may do. The rights it needs follow from it.'),
  serviceLabels: z
    .array(z.string().min(1).max(317))
    .max(20)
    .default(['app.kubernetes.io/name', 'app'])
    .describe(
      'Labels of a workload that hold the name of its service, as in telemetry. The first one present is used, then the name of the workload.',
    ),
  requestTimeoutSeconds: seconds(1, 60)
    .default(10)
    .describe('How long one request to the API server may take. Requests are never repeated.'),
  rolloutDeadlineSeconds: seconds(30, 3_600)
    .default(600)
    .describe('How long a rollout may take before it counts as stuck.'),
});

export type KubernetesSettings = z.output<typeof settings>;
