// What the metadata of any object says: who made it, who set which field, whether anybody may act on it, who keeps it as Git says.

import type { Metadata } from './objects.ts';

export function controllerOf({ ownerReferences }: Pick<Metadata, 'ownerReferences'>) {
  return ownerReferences.find(({ controller }) => controller);
}

export function isMarkedProtected({
  labels,
  annotations,
}: Pick<Metadata, 'labels' | 'annotations'>): boolean {
  return (labels['sentinel.dev/protected'] ?? annotations['sentinel.dev/protected']) === 'true';
}

/** By the API server's own record; the path as it writes it: `['f:spec', 'f:replicas']`. */
export function setBy(
  { managedFields }: Pick<Metadata, 'managedFields'>,
  path: readonly string[],
  who: (manager: string) => boolean,
): boolean {
  return managedFields.some(({ manager, fieldsV1 }) => who(manager) && has(fieldsV1, path));
}

function has(fields: unknown, path: readonly string[]): boolean {
  let at: unknown = fields;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false;
    at = (at as Record<string, unknown>)[name];
  }
  return true;
}

/** As Argo CD tracks it: by annotation (`application:group/kind:…`), or by label. */
export function argoApplicationOf({
  labels,
  annotations,
}: Pick<Metadata, 'labels' | 'annotations'>): string | undefined {
  const tracked = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  return tracked ?? labels['argocd.argoproj.io/instance'];
}
