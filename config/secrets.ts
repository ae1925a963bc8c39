// Secrets come from the environment only: `NAME`, or `NAME_FILE` with the path of a file that holds it.

import { inspect } from 'node:util';
import { distance } from 'fastest-levenshtein';
import { chatVendors } from '../adapters/channels.ts';
import { memoryVendors } from '../adapters/memories.ts';
import { modelVendors } from '../adapters/models.ts';
import { storeVendors } from '../adapters/stores.ts';
import type { SecretsOf, SecretVariable, SecretVariables } from '../adapters/vendor.ts';
import { sourceSecrets } from '../ingest/sources/index.ts';
import { makePayloadKey, parsePayloadKeys } from './payload-keys.ts';
import type { ConfigProblem } from './problems.ts';

/** A value that does not show itself in logs, JSON or string templates; `reveal()` is the one way to it. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect.custom](): string {
    return '[secret]';
  }
}

/** What vendors take is said by them: adapters/. */
const ownVariables = {
  adminKey: {
    name: 'SENTINEL_ADMIN_KEY',
    about:
      'The first API key, with the role `admin`, as `sntl_<id>_<secret>`. To make one: `echo sntl_admin_$(openssl rand -hex 32)`.',
  },
  temporalApiKey: {
    name: 'SENTINEL_TEMPORAL_API_KEY',
    about: 'API key for the Temporal server at `temporal.address`. Requires `temporal.tls`.',
  },
  temporalPayloadKeys: {
    name: 'SENTINEL_TEMPORAL_PAYLOAD_KEYS',
    about: `Keys that sign (or encrypt) what Sentinel gives to Temporal, as \`id:base64\`: the current one first, older ones after it, such as the answer of \`${makePayloadKey}\`. The same for all processes; one process with everything makes its own in \`dataDir\`.`,
  },
  kafkaPassword: {
    name: 'SENTINEL_KAFKA_PASSWORD',
    about: 'Password for `kafka.sasl.username`.',
  },
} as const;
type SecretName = keyof typeof ownVariables;
export type Secrets = { readonly [Name in SecretName]: Secret | null };

const vendorVariables: readonly SecretVariable[] = [
  ...[storeVendors, modelVendors, memoryVendors, chatVendors]
    .flatMap((vendors) => Object.values<{ readonly secrets: SecretVariables }>(vendors))
    .flatMap(({ secrets }) => Object.values(secrets)),
  ...sourceSecrets,
];

/** Every variable that holds a secret, with its meaning. */
export const secretVariables: readonly Pick<SecretVariable, 'variable' | 'about'>[] = [
  ...Object.values(ownVariables).map(({ name, about }) => ({ variable: name, about })),
  ...vendorVariables,
];

/** By variable. */
export type VendorSecrets = Readonly<Record<string, Secret | null>>;

/** What a vendor asked for, under the names it knows. */
export function secretsOf<Variables extends SecretVariables>(
  { secrets }: { readonly secrets: Variables },
  given: VendorSecrets,
): SecretsOf<Variables> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, { variable }]) => [name, given[variable]?.reveal() ?? null]),
  ) as SecretsOf<Variables>;
}

/** A variable without which a vendor is passed over, and that is not set; null when all are. */
export function missingVariable(
  { secrets }: { readonly secrets: SecretVariables },
  given: VendorSecrets,
): string | null {
  const all = Object.values(secrets);
  return all.find((one) => one.needed === true && !given[one.variable])?.variable ?? null;
}

/** Variables that are no secrets; listed so that a misspelt one can be told from a foreign one. */
export const plainVariables = {
  SENTINEL_CONFIG:
    'Path to the configuration file. Default: `sentinel.yaml` in the working directory, if it exists.',
  SENTINEL_URL: 'URL of the API, for the command line.',
  SENTINEL_API_KEY: 'API key, for the command line.',
} as const;

export type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

/** Reads every known secret; a file that cannot be read, an empty value or both forms at once are problems. */
export function readSecrets(
  env: Environment,
  readFile: ReadFile,
): { secrets: Secrets; vendorSecrets: VendorSecrets; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = misspelt(env);
  const read = (name: SecretName): Secret | null => {
    const variable = ownVariables[name].name;
    return readVariable(variable, env, readFile, problems, (value) => wrongWith(name, value));
  };
  const secrets: Secrets = {
    adminKey: read('adminKey'),
    temporalApiKey: read('temporalApiKey'),
    temporalPayloadKeys: read('temporalPayloadKeys'),
    kafkaPassword: read('kafkaPassword'),
  };
  const vendorSecrets = Object.fromEntries(
    vendorVariables.map(({ variable, wrongWith: wrong }) => [
      variable,
      readVariable(variable, env, readFile, problems, wrong),
    ]),
  );
  return { secrets, vendorSecrets, problems };
}

/** One secret, `VARIABLE` or `VARIABLE_FILE`; null when it is not there, or is a problem. */
export function readVariable(
  variable: string,
  env: Environment,
  readFile: ReadFile,
  problems: ConfigProblem[],
  wrongWithIt: (value: string) => string | null = () => null,
): Secret | null {
  const direct = env[variable];
  const file = env[`${variable}_FILE`];
  const refuse = (message: string): null => {
    problems.push({ source: 'environment', path: variable, line: null, message });
    return null;
  };
  if (direct !== undefined && file !== undefined)
    return refuse(`set ${variable} or ${variable}_FILE, not both`);
  let value = direct;
  if (file !== undefined) {
    try {
      value = readFile(file).replace(/\r?\n$/, '');
    } catch (error) {
      return refuse(`${variable}_FILE: ${(error as Error).message}`);
    }
  }
  if (value === undefined) return null;
  if (value === '') return refuse('is set but empty: unset it or give it a value');
  const wrong = wrongWithIt(value);
  return wrong === null ? new Secret(value) : refuse(wrong);
}

/** The form that the store of keys accepts (adapters/postgres/api-keys.ts); checked here to fail before anything starts. */
const adminKeyPattern = /^sntl_[a-z0-9]{4,32}_[A-Za-z0-9_-]{43,}$/;

function wrongWith(name: SecretName, value: string): string | null {
  switch (name) {
    case 'adminKey':
      return adminKeyPattern.test(value)
        ? null
        : 'expected sntl_<id>_<secret>; to make one: echo sntl_admin_$(openssl rand -hex 32)';
    case 'temporalPayloadKeys': {
      const parsed = parsePayloadKeys(value);
      return parsed.ok ? null : parsed.problem;
    }
    case 'temporalApiKey':
    case 'kafkaPassword':
      return null;
  }
}

/** One or two wrong letters in a variable would silently mean the default; that is refused, others are left alone. */
function misspelt(env: Environment): ConfigProblem[] {
  const known = secretVariables.flatMap(({ variable }) => [variable, `${variable}_FILE`]);
  known.push(...Object.keys(plainVariables));
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SENTINEL_') || known.includes(name)) continue;
    const close = known.find((candidate) => distance(candidate, name) <= 2);
    if (close === undefined) continue;
    const message = `unknown variable; did you mean ${close}?`;
    problems.push({ source: 'environment', path: name, line: null, message });
  }
  return problems;
}
