// Every source that comes over HTTP, or gRPC as well: a folder each, and a line here.

import type { z } from 'zod';
import { secretsIn } from '../http/signatures.ts';
import { alertmanager } from './alertmanager/index.ts';
import { cloudevents } from './cloudevents/index.ts';
import { custom } from './custom/index.ts';
import { datadog } from './datadog/index.ts';
import { events } from './events/index.ts';
import { eventsApi } from './events-api/index.ts';
import { flux } from './flux/index.ts';
import { github } from './github/index.ts';
import { gitlab } from './gitlab/index.ts';
import { newRelic } from './new-relic/index.ts';
import { otlp } from './otlp/index.ts';
import { pagerduty } from './pagerduty/index.ts';
import { prometheusRemoteWrite } from './prometheus-remote-write/index.ts';
import { sentry } from './sentry/index.ts';
import { sns } from './sns/index.ts';
import type { Own, Source, SourceSecret, Way } from './source.ts';
import { standardWebhooks } from './standard-webhooks/index.ts';

export const sources = {
  otlp,
  prometheusRemoteWrite,
  events,
  cloudevents,
  custom,
  sns,
  alertmanager,
  eventsApi,
  pagerduty,
  datadog,
  newRelic,
  sentry,
  standardWebhooks,
  github,
  gitlab,
  flux,
} as const;

type Sources = typeof sources;
export type SourceName = keyof Sources;
type Configured = {
  [Each in SourceName]: Sources[Each]['settings'] extends null ? never : Each;
}[SourceName];
type SettingsOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : null;

/** Of those that have settings, by name. */
export const sourceSettings = Object.fromEntries(
  Object.entries(sources).flatMap(([name, { settings }]) => (settings === null ? [] : [[name, settings]])),
) as { readonly [Each in Configured]: Sources[Each]['settings'] };

export type SourceSettings = { readonly [Each in Configured]: z.output<Sources[Each]['settings']> };

const withSecrets = Object.entries<{ readonly secret?: SourceSecret }>(sources);

/** Variables of the environment that sources take. */
export const sourceSecrets: readonly SourceSecret[] = withSecrets.flatMap(([, { secret }]) =>
  secret === undefined ? [] : [secret],
);

const bySettings = Object.entries<{ readonly secretsFor?: (settings: never) => readonly SourceSecret[] }>(
  sources,
);

/** Variables that sources take because of how they are configured. */
export function secretsBySettings(configured: SourceSettings): readonly SourceSecret[] {
  const settings: Partial<Record<string, unknown>> = configured;
  return bySettings.flatMap(([name, { secretsFor }]) => secretsFor?.(settings[name] as never) ?? []);
}

/** By name: what each source was given. */
export type OwnOfSources = { readonly [Each in SourceName]: Own<SettingsOf<Sources[Each]['settings']>> };

/** Of everything that is configured for ingest, and of the environment, what each source has. */
export function ownOfSources(
  configured: SourceSettings,
  secretFor: (variable: string) => string | null,
): OwnOfSources {
  const settings: Partial<Record<string, unknown>> = configured;
  return Object.fromEntries(
    withSecrets.map(([name, { secret }]) => [
      name,
      {
        settings: name in sourceSettings ? settings[name] : null,
        secretsOf: (variable: string) => secretsIn(secretFor(variable)),
        secrets: secret === undefined ? [] : secretsIn(secretFor(secret.variable)),
      },
    ]),
  ) as OwnOfSources;
}

/** Every path that senders post to, with the name of its source. */
export const ways: readonly (Way<never> & { readonly source: SourceName })[] = Object.entries(
  sources,
).flatMap(([source, its]) => its.ways.map((way) => ({ ...way, source: source as SourceName })));

/** By gRPC method, the path that takes the same. */
export const rpcPaths: ReadonlyMap<string, string> = new Map(
  ways.flatMap(({ rpc, path }) => (rpc === undefined ? [] : [[rpc, path]])),
);

type Placed = Pick<Source, 'limits' | 'below' | 'answersInText'>;

/** The source that whatever is posted at a path is meant for, also when it is misspelt; null: for none. */
export function sourceAt(path: string): Placed | null {
  const isBelow = (below: string): boolean => path === below || path.startsWith(`${below}/`);
  return Object.values<Placed>(sources).find(({ below }) => below.some(isBelow)) ?? null;
}
