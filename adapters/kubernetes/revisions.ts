// The templates that the API server keeps of a workload: replica sets of a Deployment, controller revisions of the others.
// Newest first; the one that runs is among them.

import type { ControllerRevision, ReplicaSet, Template, Workload } from './objects.ts';
import { type Version, versionOf } from './template.ts';

export type Revision = Version & { readonly number: number; readonly template: Template };

const numberAnnotation = 'deployment.kubernetes.io/revision';

export function revisionsOf(
  { metadata: { uid } }: Pick<Workload, 'metadata'>,
  replicaSets: readonly ReplicaSet[],
  controllerRevisions: readonly ControllerRevision[],
): readonly Revision[] {
  const isIts = ({ metadata }: ReplicaSet | ControllerRevision) =>
    metadata.ownerReferences.some((owner) => owner.controller && owner.uid === uid);
  const ofReplicaSets = replicaSets.filter(isIts).map(({ metadata, spec }) => ({
    number: Number(metadata.annotations[numberAnnotation] ?? 0),
    template: spec.template,
  }));
  const ofControllers = controllerRevisions.filter(isIts).flatMap(({ revision, data }) => {
    if (data === undefined) return [];
    const { $patch: _, ...template } = data.spec.template;
    return [{ number: revision, template: template as Template }];
  });
  return [...ofReplicaSets, ...ofControllers]
    .map((stored) => ({ ...stored, ...versionOf(stored.template) }))
    .sort((a, b) => b.number - a.number);
}

/** What ran before this: the newest stored revision that differs in it. */
export function previousOf(
  revisions: readonly Revision[],
  current: Version,
  part: keyof Version,
): string | undefined {
  return revisions.find((revision) => revision[part] !== current[part])?.[part];
}
