// The keys of a Kubernetes executor in the configuration.

import { z } from 'zod';

const name = (what: string) =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, `expected ${what}: lower-case letters, digits, . and -`);
const file = z.string().min(1).max(4_096);
const glob = z
  .string()
  .regex(
    /^[a-z0-9*?]([a-z0-9.*?-]{0,251}[a-z0-9*?])?$/,
    'expected the name of a node, with * and ? as wildcards',
  );
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

/** What it can do to nodes; none of it by default. */
export const nodeActions = ['cordon', 'uncordon', 'drain-node'] as const;

/** What keeps workloads as Git says and may be paused, where configuration says so. */
export const syncActions = ['pause-sync', 'resume-sync'] as const;

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
    .array(z.enum([...workloadActions, ...nodeActions]))
    .min(1)
    .default([...workloadActions])
    .describe(
      'What it may do. The rights it needs follow from it. `cordon`, `uncordon` and `drain-node` have to be named here, and need `nodes`.',
    ),
  pauseOwners: z
    .strictObject({
      argoCd: z
        .array(name('the name of a namespace'))
        .max(20)
        .default([])
        .describe('Namespaces of the Argo CD applications that may be paused.'),
      flux: z
        .array(name('the name of a namespace'))
        .max(20)
        .default([])
        .describe('Namespaces of the Flux Kustomizations and HelmReleases that may be paused.'),
      reconcileSeconds: seconds(1, 3_600)
        .default(300)
        .describe(
          'How long after the pause a fix is looked at again: longer than they wait between two syncs.',
        ),
      tellAfterMinutes: z
        .int()
        .min(1)
        .max(10_080)
        .default(60)
        .describe(
          'From when on one that Sentinel keeps paused is told: as an alert of the watched cluster, and by `doctor`.',
        ),
    })
    .optional()
    .describe(
      'Lets Sentinel pause what would take its change back, as a step of the plan. Without it such an action is refused.',
    ),
  nodes: z
    .array(glob)
    .max(100)
    .default([])
    .describe(
      'Nodes it may cordon, uncordon and drain, by name; `*` and `?` are wildcards. Nodes belong to no namespace: this needs a ClusterRole.',
    ),
  drainDeletesLocalFiles: z
    .boolean()
    .default(false)
    .describe(
      'Whether a drain may move pods with `emptyDir` volumes, whose files are deleted. Otherwise such a node is not drained.',
    ),
  drainDeadlineSeconds: seconds(60, 7_200)
    .default(1_800)
    .describe('How long a drain may wait for disruption budgets and for pods that shut down.'),
  watch: z
    .boolean()
    .default(true)
    .describe(
      'Follow what happens in the namespaces: restarts, pods that do not start, rollouts, warnings. It needs the right to watch.',
    ),
  warnings: z
    .union([
      z.literal(false),
      z.strictObject({
        reasons: z
          .record(
            z.string().regex(/^[A-Za-z*?][A-Za-z0-9*?]{0,127}$/, 'expected a reason, such as FailedMount'),
            z.union([
              z.literal(false),
              z.strictObject({
                least: z.int().min(1).max(10_000).optional(),
                quietSeconds: seconds(60, 3_600).optional(),
                severity: z.enum(['critical', 'warning', 'info']).optional(),
              }),
            ]),
          )
          .default({})
          .describe(
            'By reason, with `*` and `?` as wildcards, the first that fits: `least` times within `quietSeconds` are an alert, and as long without another one end it. `false`: never.',
          ),
      }),
    ])
    .prefault({})
    .describe(
      'Warning events as alerts (docs/kubernetes.md#warning-events); `false`: they are log lines only.',
    ),
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
