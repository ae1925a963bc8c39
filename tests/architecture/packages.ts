/** Which packages are plain libraries, which are vendors' SDKs, and where each vendor's SDK may stand. */

/** Libraries for any folder that has no rule of its own. A new package is a vendor's SDK until it is listed here. */
export const LIBRARIES =
  /^(zod|hono|@hono\/(node-server|zod-openapi)|rate-limiter-flexible|re2js|commander|csv-parse|csv-stringify|jsonata|pino|prom-client|protobufjs|uuid|snappyjs|yaml|fastest-levenshtein|@opentelemetry\/.+)$/;

/** The parts of the Temporal SDK that a folder is made of. Its client is a vendor's SDK like any other. */
export const OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@temporalio/workflow': ['workflows'],
  '@temporalio/common': ['workflows', 'activities', 'app'],
  '@temporalio/activity': ['activities'],
  '@temporalio/worker': ['app'],
};

interface Family {
  readonly name: string;
  /** Adapter folders that may speak to it; without, the first folder that does is its only one. */
  readonly folders?: RegExp;
}

const FAMILIES: readonly (Family & { packages: RegExp })[] = [
  { name: 'temporal', packages: /^@temporalio\//, folders: /^temporal/ },
  {
    name: 'postgres',
    packages: /^(pg|kysely.*|@electric-sql\/pglite.*)$/,
    folders: /^(postgres|pglite|pgvector)/,
  },
  { name: 'clickhouse', packages: /^(@clickhouse\/client|chdb)$/, folders: /^clickhouse/ },
  { name: 'llm', packages: /^(ai|@ai-sdk\/.+)$/ },
  { name: 'kubernetes', packages: /^(@kubernetes\/client-node|undici)$/, folders: /^kubernetes/ },
  { name: 'aws', packages: /^@aws-sdk\//, folders: /^aws/ },
  { name: 'slack', packages: /^@slack\//, folders: /^slack/ },
  { name: 'kafka', packages: /^(kafkajs|lz4-napi)$/, folders: /^kafka/ },
  { name: 'qdrant', packages: /^@qdrant\//, folders: /^qdrant/ },
  { name: 'sentences', packages: /^@energetic-ai\//, folders: /^sentences/ },
  { name: 'docker', packages: /^dockerode$/, folders: /^docker/ },
  { name: 'email', packages: /^nodemailer$/, folders: /^email/ },
];

/** `@scope/name/deep/file` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The vendor that a package speaks to; a package alone is a family by itself. */
export function familyOf(packageName: string): Family {
  return FAMILIES.find(({ packages }) => packages.test(packageName)) ?? { name: packageName };
}
