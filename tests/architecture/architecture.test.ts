/** Every rule finds its planted violation, leaves the innocent neighbour alone, and holds for the real tree. */
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ruleNames, violations } from './rules.ts';
import { readTree } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');

/** A tree in which everything is as it should be; each case replaces or adds files. */
const sound: Record<string, string> = {
  'domain/scope.ts': "import { z } from 'zod';\nexport const scope = z.string();\n",
  'domain/time.ts': 'export const at = (ms: number): string => new Date(ms).toISOString();\n',
  'workflows/incident.ts':
    "import { sleep } from '@temporalio/workflow';\nimport type { Steps } from '../activities/steps.ts';\n" +
    "import '../domain/scope.ts';\nexport async function incident(_: Steps) { await sleep(1); }\n",
  'workflows/index.ts': "export { incident } from './incident.ts';\n",
  'workflows/messages.ts': "export const name = 'x';\n",
  'activities/steps.ts': "import { scope } from '../domain/scope.ts';\nexport type Steps = typeof scope;\n",
  'activities/ports.ts': 'export interface Store { put(): void }\n',
  'api/app.ts':
    "import { Hono } from 'hono';\nimport { name } from '../workflows/messages.ts';\nnew Hono().get(name);\n",
  'api/main.ts':
    "import { load } from '../config/load.ts';\nimport '../adapters/postgres/store.ts';\nload();\n",
  'ingest/http.ts': "import '../domain/scope.ts';\n",
  'app/start.ts':
    "import type { load } from '../config/load.ts';\nimport '../activities/steps.ts';\nimport '../adapters/postgres/store.ts';\n" +
    'export type Config = ReturnType<typeof load>;\n',
  'adapters/postgres/store.ts':
    "import pg from 'pg';\nimport type { Store } from '../../activities/ports.ts';\nexport type S = [Store, pg.Client];\n",
  'adapters/clickhouse/store.ts': "import { createClient } from '@clickhouse/client';\ncreateClient();\n",
  'config/load.ts': 'export const load = () => process.env.HOME;\n',
  'cli/doctor.ts': 'const { version } = process;\nexport const arch = process.arch + version;\n',
  'cli/main.ts': "import '../app/start.ts';\nimport '../lab/main.ts';\n",
  'lab/main.ts': "export const names = ['payments', 'checkout'];\n",
  'tests/lab/some.test.ts': "import '../../lab/main.ts';\n",
};

const planted: readonly { rule: string; about: string; files: Record<string, string>; at: string }[] = [
  {
    rule: 'direction',
    about: 'the domain imports an adapter',
    files: { 'domain/bad.ts': "import '../adapters/postgres/store.ts';\n" },
    at: 'domain/bad.ts:1',
  },
  {
    rule: 'direction',
    about: 'the API imports ingest',
    files: { 'api/bad.ts': "\nimport type { X } from '../ingest/http.ts';\n" },
    at: 'api/bad.ts:2',
  },
  {
    rule: 'direction',
    about: 'ingest imports the composition',
    files: { 'ingest/bad.ts': "import '../app/start.ts';\n" },
    at: 'ingest/bad.ts:1',
  },
  {
    rule: 'direction',
    about: 'the composition imports the command line',
    files: { 'app/bad.ts': "import '../cli/main.ts';\n" },
    at: 'app/bad.ts:1',
  },
  {
    rule: 'direction',
    about: 'the composition imports a workflow file that is not a message',
    files: { 'app/bad.ts': "import { incident } from '../workflows/incident.ts';\n" },
    at: 'app/bad.ts:1',
  },
  {
    rule: 'direction',
    about: 'the API imports a workflow file that is not a message',
    files: { 'api/bad.ts': "import { incident } from '../workflows/incident.ts';\n" },
    at: 'api/bad.ts:1',
  },
  {
    rule: 'direction',
    about: 'a workflow imports an activity at run time',
    files: {
      'workflows/bad.ts': "import { type Steps } from '../activities/steps.ts';\nexport type B = Steps;\n",
    },
    at: 'workflows/bad.ts:1',
  },
  {
    rule: 'direction',
    about: 'a type is imported in the middle of a line',
    files: { 'domain/bad.ts': "export type C = import('../api/app.ts').X;\n" },
    at: 'domain/bad.ts:1',
  },
  ...[
    ['Date.now()', 'Date.now();'],
    ['new Date()', 'new Date();'],
    ['Date()', 'Date();'],
    ['Date under another name', 'const D = Date;'],
    ['Math.random()', 'Math.random();'],
    ['Math.random taken apart', 'const { random } = Math;'],
    ['process', 'process.exit();'],
    ['the global object', "globalThis['Date'];"],
    ['performance.now()', 'performance.now();'],
    ['crypto.randomUUID()', 'crypto.randomUUID();'],
    ['a timer', 'setTimeout(() => {}, 1);'],
    ['the network', "fetch('http://x');"],
    ['a package', "import 'uuid';"],
    ['a module of Node', "import { randomUUID } from 'node:crypto';"],
  ].map(([about = '', text = '']) => ({
    rule: 'pure-domain',
    about: `the domain uses ${about}`,
    files: { 'domain/bad.ts': `// why\n${text}\n` },
    at: 'domain/bad.ts:2',
  })),
  {
    rule: 'workflow-sandbox',
    about: 'a workflow imports a module of Node',
    files: { 'workflows/bad.ts': "import { readFileSync } from 'node:fs';\n" },
    at: 'workflows/bad.ts:1',
  },
  {
    rule: 'workflow-sandbox',
    about: 'a workflow imports the client',
    files: { 'workflows/bad.ts': "import type { Client } from '@temporalio/client';\n" },
    at: 'workflows/bad.ts:1',
  },
  {
    rule: 'workflow-sandbox',
    about: 'a workflow calls the network',
    files: { 'workflows/bad.ts': "export const x = () => fetch('http://x');\n" },
    at: 'workflows/bad.ts:1',
  },
  {
    rule: 'workflow-exports',
    about: 'the bundle exports everything of a file',
    files: { 'workflows/index.ts': "export * from './incident.ts';\n" },
    at: 'workflows/index.ts:1',
  },
  {
    rule: 'workflow-exports',
    about: 'the bundle exports a function of its own',
    files: { 'workflows/index.ts': 'export async function helper() {}\n' },
    at: 'workflows/index.ts:1',
  },
  {
    rule: 'vendor-sdks',
    about: 'the API queries Postgres itself',
    files: { 'api/bad.ts': "import pg from 'pg';\n" },
    at: 'api/bad.ts:1',
  },
  {
    rule: 'vendor-sdks',
    about: 'an activity uses the Temporal client',
    files: { 'activities/bad.ts': "import { Client } from '@temporalio/client';\n" },
    at: 'activities/bad.ts:1',
  },
  {
    rule: 'vendor-sdks',
    about: 'one adapter speaks to two vendors',
    files: { 'adapters/postgres/two.ts': "import { createClient } from '@clickhouse/client';\n" },
    at: 'adapters/postgres/two.ts:1',
  },
  {
    rule: 'vendor-sdks',
    about: 'two adapters speak to the same vendor',
    files: {
      'adapters/one/a.ts': "import 'vendor-sdk';\n",
      'adapters/two/b.ts': "import 'vendor-sdk/deep';\n",
    },
    at: 'adapters/two/b.ts:1',
  },
  {
    rule: 'vendor-sdks',
    about: 'an unknown package slips into ingest',
    files: { 'ingest/bad.ts': "import 'left-pad';\n" },
    at: 'ingest/bad.ts:1',
  },
  {
    rule: 'environment',
    about: 'an adapter reads the environment',
    files: { 'adapters/clickhouse/bad.ts': 'export const url = process.env.URL;\n' },
    at: 'adapters/clickhouse/bad.ts:1',
  },
  {
    rule: 'environment',
    about: 'the environment is taken apart',
    files: { 'api/bad.ts': 'const { env } = process;\n' },
    at: 'api/bad.ts:1',
  },
  {
    rule: 'environment',
    about: 'all of the process is taken apart',
    files: { 'api/bad.ts': 'const { version, ...rest } = process;\n' },
    at: 'api/bad.ts:1',
  },
  {
    rule: 'environment',
    about: 'the environment comes as an import',
    files: { 'cli/bad.ts': "import { env } from 'node:process';\n" },
    at: 'cli/bad.ts:1',
  },
  {
    rule: 'config-load',
    about: 'the composition loads the configuration itself',
    files: { 'app/bad.ts': "import { load } from '../config/load.ts';\nload();\n" },
    at: 'app/bad.ts:1',
  },
  {
    rule: 'lab-isolation',
    about: 'an adapter imports the lab',
    files: { 'adapters/clickhouse/bad.ts': "import '../../lab/main.ts';\n" },
    at: 'adapters/clickhouse/bad.ts:1',
  },
  {
    rule: 'lab-isolation',
    about: 'the domain knows a service of the lab',
    files: { 'domain/bad.ts': "export const risky = (name: string) => name === 'payments';\n" },
    at: 'domain/bad.ts:1',
  },
  {
    rule: 'top-of-tree',
    about: 'the lab imports the command line',
    files: { 'lab/bad.ts': "import '../cli/main.ts';\n" },
    at: 'lab/bad.ts:1',
  },
  {
    rule: 'top-of-tree',
    about: 'the command line imports a test',
    files: { 'cli/bad.ts': "import '../tests/lab/some.test.ts';\n" },
    at: 'cli/bad.ts:1',
  },
  {
    rule: 'plain-specifiers',
    about: 'an import leads nowhere',
    files: { 'domain/bad.ts': "import './gone.ts';\n" },
    at: 'domain/bad.ts:1',
  },
  {
    rule: 'plain-specifiers',
    about: 'an import leaves out the extension',
    files: { 'api/bad.ts': "import './app';\n" },
    at: 'api/bad.ts:1',
  },
  {
    rule: 'plain-specifiers',
    about: 'an import uses an alias',
    files: { 'api/bad.ts': "import '@/domain/scope.ts';\n" },
    at: 'api/bad.ts:1',
  },
  {
    rule: 'plain-specifiers',
    about: 'an import is computed',
    files: { 'cli/bad.ts': 'export const x = (name: string) => import(name);\n' },
    at: 'cli/bad.ts:1',
  },
  {
    rule: 'no-cycles',
    about: 'two files import each other, even if only types',
    files: {
      'domain/a.ts': "import type { B } from './b.ts';\nexport type A = B[];\n",
      'domain/b.ts': "import type { A } from './a.ts';\nexport type B = A[];\n",
    },
    at: 'domain/a.ts:1',
  },
  {
    rule: 'one-way',
    about: 'two folders beside each other import each other, even if only types',
    files: {
      'domain/left/one.ts': "import type { Two } from '../right/two.ts';\nexport type One = Two;\n",
      'domain/right/two.ts': 'export type Two = string;\n',
      'domain/right/three.ts': "\nimport type { One } from '../left/one.ts';\nexport type Three = One;\n",
    },
    at: 'domain/right/three.ts:2',
  },
  {
    rule: 'one-action-one-file',
    about: 'an executor tells actions apart',
    files: {
      'adapters/bad.ts':
        "export function bad(action: string): number {\n  switch (action) {\n    case 'restart':\n      return 1;\n  }\n  return 0;\n}\n",
    },
    at: 'adapters/bad.ts:3',
  },
];

describe('the rules', () => {
  test('leave a sound tree alone', () => {
    expect(violations(new Map(Object.entries(sound)))).toEqual([]);
  });

  test.each(planted)('$rule: $about', ({ rule, files, at }) => {
    const found = violations(new Map(Object.entries({ ...sound, ...files })));
    const places = found.filter((one) => one.rule === rule).map(({ file, line }) => `${file}:${line}`);
    expect(places).toContain(at);
    expect(places.every((place) => Object.keys(files).some((file) => place.startsWith(`${file}:`)))).toBe(
      true,
    );
  });

  test('are all proven by a planted violation', () => {
    expect(new Set(planted.map(({ rule }) => rule))).toEqual(new Set(ruleNames));
  });

  test('do not hold for an empty tree', () => {
    expect(() => violations(new Map())).toThrow('no files');
  });
});

describe('the real tree', () => {
  const tree = readTree(root);

  test('has every folder that the rules speak of', () => {
    const folders = new Set([...tree.keys()].map((path) => path.split('/')[0]));
    for (const folder of ['domain', 'workflows', 'activities', 'adapters', 'ingest', 'api', 'config']) {
      expect(folders).toContain(folder);
    }
  });

  test('keeps every rule', () => {
    expect(violations(tree)).toEqual([]);
  });
});
