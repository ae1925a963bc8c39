// Every source that comes over HTTP: a folder each, and a line here.

import type { z } from 'zod';
import { alertmanager } from './alertmanager/index.ts';
import { events } from './events/index.ts';
import { otlp } from './otlp/index.ts';
import type { Source, Way } from './source.ts';

export const sources = { otlp, events, alertmanager } as const;

type Sources = typeof sources;
type Name = keyof Sources;
type Configured = { [Each in Name]: Sources[Each]['settings'] extends null ? never : Each }[Name];

/** Of those that have settings, by name. */
export const sourceSettings = Object.fromEntries(
  Object.entries(sources).flatMap(([name, { settings }]) => (settings === null ? [] : [[name, settings]])),
) as { readonly [Each in Configured]: Sources[Each]['settings'] };

export type SourceSettings = { readonly [Each in Configured]: z.output<Sources[Each]['settings']> };

/** Of everything that is configured for ingest, what the sources have. */
export function settingsOf(configured: SourceSettings): SourceSettings {
  const names = Object.keys(sourceSettings) as Configured[];
  return Object.fromEntries(names.map((name) => [name, configured[name]])) as SourceSettings;
}

/** Every path that senders post to, with the name of its source. */
export const ways: readonly (Way<never> & { readonly source: Name })[] = Object.entries(sources).flatMap(
  ([source, its]) => its.ways.map((way) => ({ ...way, source: source as Name })),
);

type Placed = Pick<Source, 'limits' | 'below'>;

/** The source that whatever is posted at a path is meant for, also when it is misspelt; null: for none. */
export function sourceAt(path: string): Placed | null {
  const isBelow = (below: string): boolean => path === below || path.startsWith(`${below}/`);
  return Object.values<Placed>(sources).find(({ below }) => below.some(isBelow)) ?? null;
}
