/** Workloads of tests, and what is asked of an executor about them. */
import { expect } from 'vitest';
import type { Executor, Polled } from '../../../activities/ports/executor.ts';
import type { Api } from '../../../adapters/kubernetes/api.ts';
import { createKubernetesExecutor } from '../../../adapters/kubernetes/executor.ts';
import { type WorkloadKind, workloadPath, workloadsPath } from '../../../adapters/kubernetes/kinds.ts';
import { type Workload, workload } from '../../../adapters/kubernetes/objects.ts';
import { rolloutOf } from '../../../adapters/kubernetes/rollout.ts';
import { type KubernetesSettings, settings } from '../../../adapters/kubernetes/settings.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import { type ActionId, actions } from '../../../domain/remediation/actions/index.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { eventually } from '../../integration/support/wait.ts';
import { callOf } from '../calls.ts';
import type { Cluster, User } from './control-plane.ts';

export const environment = 'test';

export type Given = {
  readonly kind?: WorkloadKind;
  readonly replicas?: number;
  readonly image?: string;
  readonly env?: string;
  readonly metadata?: object;
  readonly spec?: object;
};

/** As the API calls them. */
export const workloadApiKinds = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
} as const;

/** What `kubectl apply` would be given. */
export function manifest(name: string, given: Given = {}): object {
  const { kind = 'deployment', replicas = 3, image = 'registry.test/shop:v1', env = '1' } = given;
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: workloadApiKinds[kind],
    metadata: { name, labels, ...given.metadata },
    spec: {
      ...(kind === 'daemonset' ? {} : { replicas }),
      ...(kind === 'statefulset' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image, env: [{ name: 'MODE', value: env }] }] },
      },
      ...given.spec,
    },
  };
}

export async function createNamespace(admin: Api, name: string): Promise<void> {
  await must(admin, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Posts an object, and fails loudly. */
export async function must(admin: Api, path: string, body: object): Promise<unknown> {
  const made = await admin.change({ method: 'POST', path, body });
  if (made.kind !== 'ok') throw new Error(`creating at ${path}: ${made.reason}`);
  return made.body;
}

/** Makes the workload, and waits until its pods are ready. */
export async function deploy(admin: Api, namespace: string, name: string, given: Given = {}): Promise<void> {
  const { kind = 'deployment' } = given;
  await must(admin, workloadsPath(namespace, kind), manifest(name, given));
  await settled(admin, namespace, name, kind);
}

export async function read(
  admin: Api,
  namespace: string,
  name: string,
  kind: WorkloadKind = 'deployment',
): Promise<Workload> {
  const found = await admin.get(workloadPath({ namespace, kind, name }));
  if (found === null) throw new Error(`there is no ${kind} ${name}`);
  return workload.parse(found);
}

export function settled(
  admin: Api,
  namespace: string,
  name: string,
  kind: WorkloadKind = 'deployment',
): Promise<Workload> {
  return eventually(
    `${kind} ${name} to be complete`,
    async () => {
      const its = await read(admin, namespace, name, kind);
      const rollout = rolloutOf(kind, its);
      return !rollout.complete || (kind === 'daemonset' && rollout.of === 0) ? null : its;
    },
    200_000,
  );
}

/** As somebody other than Sentinel changes a workload. */
export async function patch(
  api: Api,
  namespace: string,
  name: string,
  body: object,
  kind: WorkloadKind = 'deployment',
): Promise<void> {
  const path = workloadPath({ namespace, kind, name });
  const changed = await api.change({ method: 'PATCH', path, body });
  if (changed.kind !== 'ok') throw new Error(`patching ${name}: ${changed.reason}`);
}

export function settingsFor(
  plane: Pick<Cluster, 'kubeconfig'>,
  namespaces: readonly string[],
  more: Partial<KubernetesSettings> & { readonly as?: User } = {},
): KubernetesSettings & { readonly name: string } {
  const { as = 'admin', ...others } = more;
  // On a machine that is busy with other things, too, an answer takes its time.
  const patient = { requestTimeoutSeconds: 60 };
  const given = {
    ...patient,
    cluster: 'main',
    kubeconfig: plane.kubeconfig,
    namespaces,
    readContext: as,
    ...others,
  };
  return { name: 'kube', ...settings.parse(given) };
}

export function executorFor(
  plane: Pick<Cluster, 'kubeconfig'>,
  namespaces: readonly string[],
  more: Parameters<typeof settingsFor>[2] = {},
  nowMs: () => number = Date.now,
): Executor {
  return createKubernetesExecutor(settingsFor(plane, namespaces, more), { nowMs });
}

export async function stateOf(executor: Executor, service: string): Promise<TargetState> {
  const [state, ...others] = await executor.observe(environment, service);
  if (state === undefined || others.length > 0)
    throw new Error(`${others.length + 1} targets for ${service}`);
  return state;
}

let fence = 100;

/** As the gate makes them: each with a higher fence than the one before. */
export function intentFor(
  before: TargetState,
  action: ActionId,
  parameters: ActionParameters,
  more: Partial<Intent> = {},
): Intent {
  fence += 1;
  const touches = actions[action].touches?.(before, parameters);
  return {
    id: `intent-${fence}`,
    incidentId: 'incident/1',
    planHash: 'plan',
    step: 0,
    direction: 'forward',
    action,
    target: before.target,
    executor: 'kube',
    parameters,
    fence,
    before,
    expects: [],
    ...(touches === undefined ? {} : { touches }),
    ...more,
  };
}

export const soon = () => Date.now() + 60_000;

export function firstCall(before: TargetState, more: Partial<Parameters<Executor['begin']>[1]> = {}) {
  return callOf({ number: 1, notAfterMs: soon() }, { revision: before.revision, ...more });
}

/** Polls until it is no longer running; collects what was told on the way. */
export async function follow(
  executor: Executor,
  intent: Intent,
  handle: string,
): Promise<{ readonly end: Exclude<Polled, { kind: 'running' }>; readonly told: readonly string[] }> {
  const told: string[] = [];
  const end = await eventually(
    `${intent.action} to end`,
    async () => {
      const call = callOf({ number: 1, notAfterMs: soon() });
      const polled = await (executor.advance?.(intent, handle, call) ??
        executor.poll(intent, handle, call.signal));
      if (polled.kind !== 'running') return polled;
      if (told.at(-1) !== polled.progress.words) told.push(polled.progress.words);
      return null;
    },
    200_000,
  );
  return { end, told };
}

/** Begins, and follows to the end. */
export async function carryOut(executor: Executor, intent: Intent): ReturnType<typeof follow> {
  const begun = await executor.begin(intent, firstCall(intent.before));
  expect(begun, JSON.stringify(begun)).toMatchObject({ kind: 'accepted' });
  return follow(executor, intent, begun.kind === 'accepted' ? begun.handle : '');
}
