// What runs, told from a pod template: the release is the tags of its images, the configuration a digest of everything else in
// it. Marks that only make pods new (a rollout restart) belong to neither.

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { Template } from './objects.ts';

export type Version = { readonly release: string; readonly config: string };

/** Annotations of a template that only make its pods new. */
const restartMarks = /^(kubectl\.kubernetes\.io\/restartedAt|sentinel\.dev\/.*)$/;
/** Labels that controllers put into a template themselves. */
const hashLabels = /^(pod-template-hash|controller-revision-hash|pod-template-generation)$/;
const longestRelease = 80;

export function versionOf(template: Template): Version {
  return { release: releaseOf(template), config: configOf(template) };
}

function releaseOf({ spec }: Template): string {
  const tags = [...new Set(spec.containers.map(({ image }) => splitImage(image).tag))].join('+');
  return tags.length <= longestRelease ? tags : digest(tags);
}

/** A tag, or the first characters of a digest; `latest` where an image has neither. */
export function splitImage(image: string): { readonly repository: string; readonly tag: string } {
  const [named = '', sha] = image.split('@');
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const repository = tagged ? named.slice(0, colon) : named;
  const tag = tagged ? named.slice(colon + 1) : undefined;
  const short = sha === undefined ? undefined : sha.slice(0, 'sha256:'.length + 12);
  return { repository, tag: [tag, short].filter((part) => part !== undefined).join('@') || 'latest' };
}

function configOf(template: Template): string {
  const { metadata, spec, ...others } = template;
  const labels = without(metadata?.labels, hashLabels);
  const annotations = without(metadata?.annotations, restartMarks);
  const containers = spec.containers.map((container) => ({
    ...container,
    image: splitImage(container.image).repository,
  }));
  return digest(
    canonicalJson(JSON.parse(JSON.stringify([others, labels, annotations, { ...spec, containers }]))),
  );
}

/** The template to put back: as it was stored, without what controllers wrote into it. */
export function plainTemplate(template: Template): Template {
  const { metadata } = template;
  if (metadata == null) return template;
  return { ...template, metadata: { ...metadata, labels: without(metadata.labels, hashLabels) } };
}

function without(
  entries: Readonly<Record<string, string>> | null | undefined,
  names: RegExp,
): Record<string, string> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => !names.test(name)));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
