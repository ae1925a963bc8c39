// How actions speak of what they change. Names come from outside and are made harmless here.

import type { ObservedState } from '../../inventory/target.ts';
import { plainLine } from '../../text.ts';

const longestName = 100;

export const replica = (id: unknown): string => `replica ${name(id)}`;
export const release = (version: unknown): string => `release ${name(version)}`;
export const configuration = (version: unknown): string => `configuration ${name(version)}`;

export function replicas(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`;
}

/** What the replicas other than this one do meanwhile. */
export function others({ replicas: all }: ObservedState, taskId: unknown): string {
  const serving = all.filter(({ id, state }) => id !== taskId && state === 'running').length;
  return serving === 1 ? '1 other replica serves on' : `${serving} other replicas serve on`;
}

function name(value: unknown): string {
  const text = value === undefined ? '' : plainLine(String(value), longestName);
  return text === '' ? '(unnamed)' : text;
}
