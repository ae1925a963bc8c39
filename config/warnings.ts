// What works and should be looked at: credentials that cross a network in clear text (said and not refused, because a network may
// be trusted), and people who are named in a way that counts for less than its author thinks.

import { riskLevels } from '../domain/remediation/actions/action.ts';
import { roleAtLeast } from '../domain/role.ts';
import type { Config } from './load.ts';
import type { ConfigProblem } from './problems.ts';
import { notifierVariable } from './sections/notifiers.ts';
import { personEntries, sharedDoors } from './sections/people.ts';

/** What works, and gives something away: for `config check` and the log of a start. */
export function configWarnings(config: Config): ConfigProblem[] {
  const { secrets, notifierSecrets } = config;
  const source = config.file ?? 'environment';
  const warn = (path: string, what: string): ConfigProblem => ({
    source,
    path,
    line: null,
    message: `${what} crosses the network unencrypted; use https or TLS, or keep the server on this machine`,
  });
  const clear = (url: string | undefined, path: string, what: string, has: boolean): ConfigProblem[] =>
    has && url !== undefined && isClear(url) ? [warn(path, what)] : [];
  return [
    ...[...peopleWarnings(config), ...quorumWarnings(config)].map(({ path, message }) => ({
      source,
      path,
      line: null,
      message,
    })),
    ...clear(
      config.clickhouse.url,
      'clickhouse.url',
      'the ClickHouse password',
      secrets.clickhousePassword !== null,
    ),
    ...clear(config.slack?.apiUrl, 'slack.apiUrl', 'the Slack bot token', secrets.slackBotToken !== null),
    ...clear(config.server.publicUrl, 'server.publicUrl', 'every login', true),
    ...config.notifiers.flatMap((notifier, index): ConfigProblem[] => {
      const path = `notifiers[${index}]`;
      if (notifier.type === 'email') {
        const open = notifier.tls === 'none' && !isHere(notifier.host);
        return open && notifier.username !== undefined
          ? [warn(`${path}.tls`, `${notifierVariable(notifier.name)}`)]
          : [];
      }
      const has = notifier.type === 'webhook' || notifierSecrets[notifier.name] !== null;
      return clear(notifier.url, `${path}.url`, 'incident data', has);
    }),
    ...config.model.providers.flatMap((provider, index) =>
      'baseUrl' in provider
        ? clear(
            provider.baseUrl as string | undefined,
            `model.providers[${index}].baseUrl`,
            "the model provider's API key",
            true,
          )
        : [],
    ),
    ...(config.kafka.sasl !== undefined &&
    !config.kafka.tls.enabled &&
    !config.kafka.brokers.every((broker) => isHere(broker.replace(/:\d+$/, '')))
      ? [warn('kafka.tls.enabled', 'the Kafka password')]
      : []),
  ];
}

function isClear(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'http:' && !isHere(new URL(url).hostname);
}

function isHere(host: string): boolean {
  return /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** Where a plan could be approved by nobody: more people are asked for than the configuration names. */
function quorumWarnings({ policy, people, slack, executors }: Config): { path: string; message: string }[] {
  if (executors.length === 0) return [];
  const entries = personEntries(people, slack?.users ?? {}, (user) => user);
  const levels = [
    { path: 'policy.byRisk', requirements: policy.byRisk },
    ...Object.entries(policy.environments).map(([name, requirements]) => ({
      path: `policy.environments.${name}`,
      requirements,
    })),
  ];
  return levels.flatMap(({ path, requirements }) =>
    riskLevels.flatMap((risk) => {
      const asked = requirements[risk];
      if (asked === undefined || typeof asked === 'string') return [];
      const able = entries.filter(({ role }) => roleAtLeast(role, asked.approval)).length;
      // Without an entry of their own there is still whoever has the first key.
      if (Math.max(able, 1) >= asked.quorum) return [];
      const message = `asks ${asked.quorum} people with the role ${asked.approval}, and \`people\` names ${able}: such plans cannot be approved`;
      return [{ path: `${path}.${risk}`, message }];
    }),
  );
}

function peopleWarnings({ people, slack }: Config): { path: string; message: string }[] {
  const users = slack?.users ?? {};
  const older = Object.keys(users).length === 0 ? [] : ['slack.users'];
  return [
    ...older.map((path) => ({
      path,
      message: 'is deprecated: list people under `people`, with all their Slack accounts and keys',
    })),
    ...sharedDoors(personEntries(people, users, (user) => user)).map((shared) => ({
      path: 'people',
      message: `${shared}: it counts for none of them`,
    })),
  ];
}
