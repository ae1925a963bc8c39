/** One cluster for many cases at once: a namespace for each, and a way to the API server on which something can happen between two requests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { autoscalersPath, workloadKinds, workloadsPath } from '../../../../adapters/kubernetes/kinds.ts';
import { syncKinds } from '../../../../adapters/kubernetes/sync.ts';
import { eventually } from '../../../integration/support/wait.ts';
import type { KubernetesInfo } from '../../../support/components/kubernetes.ts';
import { type ControlPlane, startControlPlane } from '../../../support/kubernetes/control-plane.ts';
import { type LossyServer, startLossyServer } from '../../../support/kubernetes/lossy-server.ts';
import { installSyncKinds } from '../../../support/kubernetes/sync-objects.ts';
import { createNamespace, must } from '../../../support/kubernetes/workloads.ts';

/** What an operator, and KEDA, make workloads and autoscalers from. */
const ownKinds = {
  Database: { group: 'databases.test', plural: 'databases' },
  ScaledObject: { group: 'keda.sh', plural: 'scaledobjects' },
} as const;
type OwnKind = keyof typeof ownKinds;

export interface OwnersWorld {
  readonly plane: ControlPlane;
  /** How executors get there. */
  readonly way: LossyServer;
  /** Writes a workload under somebody's name, as `kubectl apply --server-side` or as `kubectl patch` does. */
  as(manager: string, how: 'apply' | 'patch' | 'create', path: string, body: object): Promise<void>;
  /** Makes one, and answers the reference of what belongs to it. */
  createOwner(kind: OwnKind, namespace: string, name: string): Promise<object>;
  close(): Promise<void>;
}

const requests = {
  apply: { method: 'PATCH', type: 'application/apply-patch+yaml', query: '&force=true' },
  patch: { method: 'PATCH', type: 'application/strategic-merge-patch+json', query: '' },
  create: { method: 'POST', type: 'application/json', query: '' },
} as const;

export async function openWorld(info: KubernetesInfo, namespaces: readonly string[]): Promise<OwnersWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-owners-'));
  const plane = await startControlPlane(info);
  const { admin } = plane;
  const way = await startLossyServer(plane, dir, ['admin']);
  const agent = new Agent({ connect: { ca: readFileSync(plane.caFile) } });
  for (const name of [...namespaces, 'argocd', 'flux-system']) await createNamespace(admin, name);
  await installSyncKinds(plane);
  for (const kind of Object.keys(ownKinds) as OwnKind[]) await installKind(plane, kind);
  for (const { group, version, plural } of Object.values(syncKinds))
    await served(plane, group, version, plural);
  for (const { group, plural } of Object.values(ownKinds)) await served(plane, group, 'v1', plural);
  return {
    ...{ plane, way },
    async as(manager, how, path, body) {
      const { method, type, query } = requests[how];
      const answer = await request(`${plane.server}${path}?fieldManager=${manager}${query}`, {
        ...{ method, dispatcher: agent, body: JSON.stringify(body) },
        headers: { authorization: 'Bearer admin-token', 'content-type': type },
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${manager}: ${answer.statusCode} ${text}`);
    },
    async createOwner(kind, namespace, name) {
      const { group, plural } = ownKinds[kind];
      const apiVersion = `${group}/v1`;
      const made = (await must(admin, `/apis/${apiVersion}/namespaces/${namespace}/${plural}`, {
        ...{ apiVersion, kind, metadata: { name } },
      })) as { readonly metadata: { readonly uid: string } };
      return { apiVersion, kind, name, uid: made.metadata.uid, controller: true };
    },
    async close() {
      await agent.close();
      await way.close();
      await plane.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function installKind({ admin }: ControlPlane, kind: OwnKind): Promise<void> {
  const { group, plural } = ownKinds[kind];
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await must(admin, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...{ group, scope: 'Namespaced', names: { plural, singular: kind.toLowerCase(), kind } },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
}

/** A kind that was just made is served a moment later. */
async function served({ admin }: ControlPlane, group: string, version: string, plural: string) {
  await eventually(`${plural} to be served`, async () => {
    await admin.list(`/apis/${group}/${version}/namespaces/default/${plural}`);
    return true;
  });
}

/** Everything that a case has left there goes, and its pods are gone. */
export async function emptied({ plane: { admin } }: OwnersWorld, namespace: string): Promise<void> {
  const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
  const all = [
    autoscalersPath(namespace),
    ...workloadKinds.map((kind) => workloadsPath(namespace, kind)),
    ...Object.values(ownKinds).map(
      ({ group, plural }) => `/apis/${group}/v1/namespaces/${namespace}/${plural}`,
    ),
  ];
  for (const path of all)
    for (const one of await admin.list(path)) {
      const { name } = (one as { readonly metadata: { readonly name: string } }).metadata;
      await admin.change({ method: 'DELETE', path: `${path}/${name}`, body: options });
    }
}
