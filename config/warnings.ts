// What works and should be looked at: credentials that cross a network in clear text (said and not refused, because a network may
// be trusted), and people who are named in a way that counts for less than its author thinks.

import { chatVendors, notifierVendors } from '../adapters/channels.ts';
import { memoryVendors } from '../adapters/memories.ts';
import { modelVendors } from '../adapters/models.ts';
import { monitorVendors } from '../adapters/monitors.ts';
import { storeVendors } from '../adapters/stores.ts';
import type { InClearText, SecretsOf, SecretVariables } from '../adapters/vendor.ts';
import { isClearText, isThisMachine } from '../domain/net-address.ts';
import type { Requirement } from '../domain/policy/config.ts';
import { riskLevels } from '../domain/remediation/actions/action.ts';
import { roleAtLeast } from '../domain/role.ts';
import type { Config } from './load.ts';
import type { ConfigProblem } from './problems.ts';
import { secretsOf } from './secrets.ts';
import { monitorsIn, monitorVariable } from './sections/monitors.ts';
import { personEntries, sharedDoors } from './sections/people.ts';

type Told = { readonly path: string; readonly message: string };

/** What works, and gives something away: for `config check` and the log of a start. */
export function configWarnings(config: Config): ConfigProblem[] {
  const source = config.file ?? 'environment';
  return [
    ...peopleWarnings(config),
    ...quorumWarnings(config),
    ...memoryWarnings(config),
    ...inClearText(config),
  ].map(({ path, message }) => ({ source, path, line: null, message }));
}

/** What each vendor says of its own settings, and of Sentinel's own addresses. */
function inClearText(config: Config): Told[] {
  const { kafka, server, ingest, notifiers, model, vendorSecrets, monitorSecrets } = config;
  const at = (path: string, found: InClearText | null): Told[] =>
    found === null ? [] : [crossing(`${path}.${found.key}`, found.what)];
  const sections = [...Object.entries(storeVendors), ...Object.entries(chatVendors)].flatMap(
    ([name, vendor]) => {
      const { clearText, ...rest } = vendor as Section;
      const settings = (config as unknown as Readonly<Record<string, unknown>>)[name];
      return settings === undefined ? [] : at(name, clearText(settings, secretsOf(rest, vendorSecrets)));
    },
  );
  const { clearText, ...vendor } = memoryVendors[config.memory.store] as unknown as Section;
  const inMemory = (config.memory as unknown as Readonly<Record<string, unknown>>)[config.memory.store];
  const kafkaIsOpen =
    kafka.sasl !== undefined &&
    !kafka.tls.enabled &&
    !kafka.brokers.every((broker) => isThisMachine(broker.replace(/:\d+$/, '')));
  return [
    ...sections,
    ...(server.publicUrl !== undefined && isClearText(server.publicUrl)
      ? [crossing('server.publicUrl', 'every login')]
      : []),
    ...notifiers.flatMap((notifier, index) =>
      at(`notifiers[${index}]`, (notifierVendors[notifier.type] as Listed).clearText(notifier)),
    ),
    ...(config.memory.enabled && inMemory !== undefined
      ? at(`memory.${config.memory.store}`, clearText(inMemory, secretsOf(vendor, vendorSecrets)))
      : []),
    ...model.providers.flatMap((provider, index) =>
      at(`model.providers[${index}]`, (modelVendors[provider.type] as Listed).clearText(provider)),
    ),
    ...monitorsIn(ingest).flatMap(({ type, index, settings }) =>
      monitorSecrets[monitorVariable(type, settings.name)] == null
        ? []
        : at(`ingest.${type}[${index}]`, (monitorVendors[type] as Listed).clearText(settings)),
    ),
    ...(kafkaIsOpen ? [crossing('kafka.tls.enabled', 'the Kafka password')] : []),
  ];
}

/** Each takes the settings that its own schema gave. */
type Section = {
  readonly secrets: SecretVariables;
  clearText(settings: unknown, secrets: SecretsOf<SecretVariables>): InClearText | null;
};
type Listed = { clearText(settings: unknown): InClearText | null };

function crossing(path: string, what: string): Told {
  const message = `${what} crosses the network unencrypted; use https or TLS, or keep the server on this machine`;
  return { path, message };
}

/** Where a plan could be approved by nobody: more people are asked for than the configuration names. */
function quorumWarnings({ policy, people, slack, executors }: Config): { path: string; message: string }[] {
  if (executors.length === 0) return [];
  const entries = personEntries(people, slack?.users ?? {}, (user) => user);
  const levels = [
    { path: 'policy.byRisk', requirements: policy.byRisk },
    { path: 'policy', requirements: { irreversible: policy.irreversible } },
    ...Object.entries(policy.environments).map(([name, requirements]) => ({
      path: `policy.environments.${name}`,
      requirements,
    })),
  ];
  return levels.flatMap(({ path, requirements }) =>
    [...riskLevels, 'irreversible' as const].flatMap((risk) => {
      const asked = (requirements as Partial<Record<typeof risk, Requirement>>)[risk];
      if (asked === undefined || typeof asked === 'string') return [];
      const able = entries.filter(({ role }) => roleAtLeast(role, asked.approval)).length;
      // Without an entry of their own there is still whoever has the first key.
      if (Math.max(able, 1) >= asked.quorum) return [];
      const message = `asks ${asked.quorum} people with the role ${asked.approval}, and \`people\` names ${able}: such plans cannot be approved`;
      return [{ path: `${path}.${risk}`, message }];
    }),
  );
}

function memoryWarnings({ correlation, memory }: Config): Told[] {
  if (!correlation.semantic.enabled || memory.enabled) return [];
  return [
    { path: 'correlation.semantic', message: 'needs `memory.enabled`: without a memory it does nothing' },
  ];
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
