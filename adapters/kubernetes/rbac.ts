// The rights as manifests: for each namespace one Role and RoleBinding for reading, and one for changes; where nodes are
// configured, a ClusterRole and ClusterRoleBinding of each with exactly what these need.

import { stringify } from 'yaml';
import type { Purpose } from './identity.ts';
import { isNeededIn, namespacesOf, neededRights, type Right } from './rights.ts';
import type { KubernetesSettings } from './settings.ts';

const accountNamespace = 'sentinel';

export function rbacManifests(settings: KubernetesSettings & { readonly name: string }): string {
  const rights = neededRights(settings);
  const purposes = ['read', 'write'] as const;
  const inNamespace = rights.filter((right) => right.cluster === undefined);
  const inCluster = rights.filter((right) => right.cluster !== undefined);
  const documents = [
    ...namespacesOf(settings).flatMap((namespace) => {
      const its = inNamespace.filter((right) => isNeededIn(right, namespace, settings));
      return purposes.flatMap((purpose) => manifestsOf(namespace, purpose, its, settings.name));
    }),
    ...purposes.flatMap((purpose) => manifestsOf(null, purpose, inCluster, settings.name)),
  ];
  const head = [
    `# The least that executor ${settings.name} needs: namespaces ${settings.namespaces.join(', ')}; actions ${settings.actions.join(', ')}${settings.nodes.length === 0 ? '' : `; nodes ${settings.nodes.join(', ')}`}.`,
    `# Subjects: the service accounts sentinel-read and sentinel-write in namespace ${accountNamespace}; put your own there.`,
  ];
  return `${head.join('\n')}\n${documents.map((document) => stringify(document)).join('---\n')}`;
}

/** Without a namespace: of the whole cluster. Nothing for a purpose that needs nothing. */
function manifestsOf(
  namespace: string | null,
  purpose: Purpose,
  rights: readonly Right[],
  executor: string,
): readonly object[] {
  const name = `sentinel-${executor}-${purpose}`;
  const metadata = namespace === null ? { name } : { name, namespace };
  const kind = namespace === null ? 'ClusterRole' : 'Role';
  const rules = rights
    .filter((right) => right.purpose === purpose)
    .map(({ group, resource, verbs, cluster }) => ({
      ...{ apiGroups: [group], resources: [resource], verbs: [...verbs] },
      ...(cluster === undefined || cluster.names.length === 0 ? {} : { resourceNames: [...cluster.names] }),
    }));
  if (rules.length === 0) return [];
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'ServiceAccount', name: `sentinel-${purpose}`, namespace: accountNamespace }],
    },
  ];
}
