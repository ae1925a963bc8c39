// The rights as manifests: for each namespace one Role and RoleBinding for reading, and one for changes.

import { stringify } from 'yaml';
import type { Purpose } from './identity.ts';
import { neededRights, type Right } from './rights.ts';
import type { KubernetesSettings } from './settings.ts';

const accountNamespace = 'sentinel';

export function rbacManifests(settings: KubernetesSettings & { readonly name: string }): string {
  const rights = neededRights(settings);
  const documents = settings.namespaces.flatMap((namespace) =>
    (['read', 'write'] as const).flatMap((purpose) => manifestsOf(namespace, purpose, rights, settings.name)),
  );
  const head = [
    `# The least that executor ${settings.name} needs: namespaces ${settings.namespaces.join(', ')}; actions ${settings.actions.join(', ')}.`,
    `# Subjects: the service accounts sentinel-read and sentinel-write in namespace ${accountNamespace}; put your own there.`,
  ];
  return `${head.join('\n')}\n${documents.map((document) => stringify(document)).join('---\n')}`;
}

function manifestsOf(
  namespace: string,
  purpose: Purpose,
  rights: readonly Right[],
  executor: string,
): readonly object[] {
  const name = `sentinel-${executor}-${purpose}`;
  const metadata = { name, namespace };
  const rules = rights
    .filter((right) => right.purpose === purpose)
    .map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs: [...verbs] }));
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: `sentinel-${purpose}`, namespace: accountNamespace }],
    },
  ];
}
