/** What people and clusters do to nodes in tests. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { allPodsPath, nodePath, nodesPath } from '../../../adapters/kubernetes/kinds.ts';
import { allOf, type Node, node, type Pod, pod } from '../../../adapters/kubernetes/objects.ts';
import type { Cluster } from './control-plane.ts';
import { must } from './workloads.ts';

export async function readNode({ admin }: Cluster, name: string): Promise<Node> {
  return node.parse(await admin.get(nodePath(name)));
}

/** As `kubectl cordon` and `kubectl uncordon` do, under their own name. */
export async function cordonAsKubectl(plane: Cluster, name: string, unschedulable: boolean): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(plane.caFile) } });
  try {
    const answer = await request(`${plane.server}${nodePath(name)}?fieldManager=kubectl-cordon`, {
      method: 'PATCH',
      dispatcher,
      headers: {
        authorization: 'Bearer admin-token',
        'content-type': 'application/strategic-merge-patch+json',
      },
      body: JSON.stringify({ spec: { unschedulable: unschedulable || null } }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`cordoning ${name}: ${answer.statusCode} ${text}`);
  } finally {
    await dispatcher.close();
  }
}

export async function addNode({ admin }: Cluster, name: string, labels: object, ready = true): Promise<void> {
  const room = { cpu: '64', memory: '256Gi', pods: '500' };
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  await must(admin, nodesPath, {
    ...{
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    },
    status: { capacity: room, allocatable: room, conditions },
  });
}

/** The pods of a namespace that are on a node and not on their way out. */
export async function podsOn({ admin }: Cluster, name: string, namespace: string): Promise<readonly Pod[]> {
  return allOf(pod, await admin.list(allPodsPath)).filter(
    ({ spec, metadata }) =>
      spec.nodeName === name && metadata.namespace === namespace && metadata.deletionTimestamp === undefined,
  );
}
