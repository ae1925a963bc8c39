// docs/configuration.md, written from the schema: every key with its type, default and meaning.

import { configJsonSchema, type JsonSchema } from './schema.ts';
import { plainVariables, secretVariables } from './secrets.ts';

const intro = `# Configuration

<!-- Generated from config/schema.ts by "node config/main.ts"; a test checks that it is up to date. -->

Sentinel reads one file, \`sentinel.yaml\` in the working directory (or \`--config FILE\`, or \`SENTINEL_CONFIG\`), once, at its
start. Everything has a default: without a file the whole stack runs embedded. Unknown keys are errors, reported with their line and
the key you probably meant. Secrets are read from the environment only.

\`\`\`sh
npm run sentinel -- config check    # reports every mistake, with its line
npm run sentinel -- config show     # the configuration with every default filled in
npm run sentinel -- config schema   # JSON Schema, for editors
\`\`\`

Editors with the YAML language server validate the file as you type. Run
\`npm run --silent sentinel -- config schema > sentinel.schema.json\` and make this the first line:

\`\`\`yaml
# yaml-language-server: $schema=sentinel.schema.json
\`\`\`

Durations look like \`500ms\`, \`30s\`, \`5m\`, \`2h\`, \`7d\`. Keys that end in \`Ms\`, \`Seconds\`, \`Minutes\` or \`Bytes\` are plain numbers.
`;

/** The whole document. */
export function renderReference(schema: JsonSchema = configJsonSchema()): string {
  const entries = Object.entries(schema.properties ?? {});
  const isSection = ([, part]: [string, JsonSchema]): boolean => part.properties !== undefined;
  const loose = entries.filter((entry) => !isSection(entry) && entry[1].items?.oneOf === undefined);
  const sections = entries.filter((entry) => !loose.includes(entry));
  return [
    intro,
    environmentSection(),
    section('Top level', undefined, rows(Object.fromEntries(loose), [], '')),
    ...sections.map(([name, part]) => section(`\`${name}\``, part.description, sectionRows(name, part))),
  ].join('\n');
}

function environmentSection(): string {
  const secrets = secretVariables.map(({ variable, about }) => `| \`${variable}\` | ${cell(about)} |`);
  const plain = Object.entries(plainVariables).map(([name, about]) => `| \`${name}\` | ${cell(about)} |`);
  return [
    '## Environment\n',
    'Each secret can also be read from a file: `SENTINEL_ADMIN_KEY_FILE=/run/secrets/admin-key`. Secrets are never logged,',
    'and `config show` never prints them.\n',
    '| variable | meaning |',
    '|---|---|',
    ...secrets,
    '| `SENTINEL_NOTIFIER_<NAME>` | Secret of the notifier with this name, in upper case and with `_` for `-`. |',
    '| `SENTINEL_CUSTOM_<NAME>_SECRETS` | Secrets of the webhook of `ingest.custom` with this name, written the same way; separated by spaces. |',
    ...plain,
    '',
  ].join('\n');
}

function section(title: string, about: string | undefined, lines: readonly string[]): string {
  const head = ['| key | type | default | meaning |', '|---|---|---|---|'];
  return [`## ${title}\n`, ...(about === undefined ? [] : [`${about}\n`]), ...head, ...lines, ''].join('\n');
}

function sectionRows(name: string, part: JsonSchema): string[] {
  const alternatives = part.items?.oneOf;
  if (alternatives === undefined) return rows(part.properties ?? {}, part.required ?? [], '');
  return byType(name, alternatives);
}

/** What stands in a list of objects of several types, each with its own keys. */
function byType(path: string, alternatives: readonly JsonSchema[]): string[] {
  return alternatives.flatMap((one) => {
    const kind = String(one.properties?.type?.const);
    const { type, ...others } = one.properties ?? {};
    const head = `| \`${path}[]\` with \`type: ${kind}\` | object | | ${cell(one.description ?? '')} |`;
    return [head, ...rows(others, one.required ?? [], `${path}[${kind}].`)];
  });
}

function rows(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
  prefix: string,
): string[] {
  return Object.entries(properties).flatMap(([name, part]) => {
    const path = `${prefix}${name}`;
    const inside = rows(part.properties ?? {}, part.required ?? [], `${path}.`);
    const about = cell(part.description ?? '');
    if (inside.length > 0) return [`| **\`${path}\`** | | | ${about} |`, ...inside];
    const given = required.includes(name) ? 'required' : defaultOf(part);
    return [`| \`${path}\` | ${cell(typeOf(part))} | ${given} | ${about} |`, ...below(part, path)];
  });
}

/** The objects inside lists and maps. */
function below(part: JsonSchema, path: string): string[] {
  const { items, additionalProperties } = part;
  if (items?.oneOf !== undefined) return byType(path, items.oneOf);
  if (items?.properties !== undefined) return rows(items.properties, items.required ?? [], `${path}[].`);
  if (typeof additionalProperties === 'object' && additionalProperties.properties !== undefined) {
    return rows(additionalProperties.properties, additionalProperties.required ?? [], `${path}.<name>.`);
  }
  return [];
}

function typeOf(part: JsonSchema): string {
  const alternatives = part.anyOf ?? part.oneOf;
  if (alternatives !== undefined) return [...new Set(alternatives.map(typeOf))].join(' or ');
  if (part.const !== undefined) return `\`${String(part.const)}\``;
  if (part.enum !== undefined) return listed(part.enum);
  if (part.pattern?.includes('ms|s|m|h|d') === true) return 'duration';
  switch (part.type) {
    case 'array':
      return part.items?.properties === undefined && part.items?.oneOf === undefined
        ? `list of ${typeOf(part.items ?? {})}`
        : 'list of objects';
    case 'object':
      if (part.properties !== undefined) return objectType(part.properties);
      return part.propertyNames?.enum === undefined ? 'map' : `map by ${listed(part.propertyNames.enum)}`;
    case 'integer':
    case 'number':
      return `${part.type}${range(part)}`;
    default:
      return String(part.type ?? 'any');
  }
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => `\`${String(value)}\``).join(values.length > 3 ? ', ' : ' or ');
}

/** Small objects that stand beside other forms of one key are shown whole. */
function objectType(properties: Readonly<Record<string, JsonSchema>>): string {
  const shown = Object.entries(properties).map(([name, part]) => `${name}: ${typeOf(part)}`);
  return shown.length <= 3 ? `{ ${shown.join('; ')} }` : 'object';
}

/** Bounds that are only those of the number type itself say nothing. */
function range({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `${minimum}` : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `${maximum}` : undefined;
  if (low !== undefined && high !== undefined) return ` ${low}–${high}`;
  if (low !== undefined) return ` ≥ ${low}`;
  return exclusiveMinimum === undefined ? '' : ` > ${exclusiveMinimum}`;
}

function defaultOf({ default: value }: JsonSchema): string {
  return value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
