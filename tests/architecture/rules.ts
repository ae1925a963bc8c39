/**
 * The architecture as code: each rule says what it guards and finds its violations in a map of parsed files.
 * architecture.test.ts proves every rule with a planted violation, then runs them over the real tree.
 */
import { posix } from 'node:path';
import { isActionId } from '../../domain/remediation/actions/index.ts';
import { findCycles } from './cycles.ts';
import { type ModuleImport, type ParsedModule, parseModule } from './modules.ts';
import { familyOf, LIBRARIES, OWNERS, packageOf } from './packages.ts';

export interface Violation {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export type SourceTree = ReadonlyMap<string, string>;
type Report = (module: ParsedModule, line: number, message: string) => void;

interface Rule {
  readonly name: string;
  check(modules: ReadonlyMap<string, ParsedModule>, report: Report): void;
}

const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] as string) : '.');
const isMain = (path: string): boolean => path.endsWith('/main.ts');
const isTest = (path: string): boolean => folderOf(path) === 'tests' || folderOf(path) === 'scripts';

/** Where a relative import leads; undefined for a package or a `node:` module. */
export function targetOf(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

/** `'types'` may be imported as types only. */
const DIRECTION: Readonly<Record<string, Readonly<Record<string, 'all' | 'types' | readonly string[]>>>> = {
  domain: { domain: 'all' },
  workflows: { workflows: 'all', domain: 'all', activities: 'types' },
  activities: { activities: 'all', domain: 'all', workflows: ['messages.ts', 'search-attributes.ts'] },
  ingest: { ingest: 'all', domain: 'all', workflows: ['messages.ts', 'search-attributes.ts'] },
  api: { api: 'all', domain: 'all', workflows: ['messages.ts', 'search-attributes.ts'] },
  adapters: {
    adapters: 'all',
    domain: 'all',
    activities: 'all',
    ingest: 'all',
    api: 'all',
    workflows: ['messages.ts', 'search-attributes.ts'],
  },
  // How a vendor is configured it says itself; its SDK is loaded only where it is used.
  config: {
    config: 'all',
    domain: 'all',
    adapters: [
      'executors.ts',
      'channels.ts',
      'models.ts',
      'monitors.ts',
      'memories.ts',
      'stores.ts',
      'vendor.ts',
    ],
    ingest: ['sources/index.ts'],
  },
  lab: { lab: 'all', domain: 'all' },
  // Puts the parts together; which command asks for it, and with which configuration file, it does not know.
  app: {
    app: 'all',
    domain: 'all',
    activities: 'all',
    adapters: 'all',
    api: 'all',
    ingest: 'all',
    config: 'all',
    workflows: ['messages.ts', 'search-attributes.ts'],
    '.': 'all',
  },
};
/** What a process entry may import beyond its folder, because it wires. */
const MAIN_ALSO: readonly string[] = ['adapters', 'config'];

const direction: Rule = {
  name: 'direction',
  check(modules, report) {
    for (const module of modules.values()) {
      const folder = folderOf(module.path);
      const allowed = DIRECTION[folder];
      if (allowed === undefined) continue; // cli/, bench/, tests/ and scripts/ may import everything
      for (const one of module.imports) {
        const target = targetOf(module.path, one.specifier);
        if (target === undefined) continue;
        const rule =
          isMain(module.path) && MAIN_ALSO.includes(folderOf(target)) ? 'all' : allowed[folderOf(target)];
        const problem = directionProblem(rule, target, one);
        if (problem !== undefined) report(module, one.line, `${folder}/ must not import ${target}${problem}`);
      }
    }
  },
};

function directionProblem(
  rule: 'all' | 'types' | readonly string[] | undefined,
  target: string,
  { typeOnly }: ModuleImport,
): string | undefined {
  if (rule === undefined) return '';
  if (rule === 'all' || (rule === 'types' && typeOnly)) return undefined;
  if (rule === 'types') return ' at run time: write "import type"';
  return rule.includes(target.slice(target.indexOf('/') + 1))
    ? undefined
    : `: of ${folderOf(target)}/ only ${rule.join(', ')}`;
}

/** Pure as well: they compute, and look at nothing. */
const DOMAIN_PACKAGES = new Set(['zod', 're2js']);

/** Same inputs, same answer: the domain reaches for no clock, chance, process or network. */
const pureDomain: Rule = {
  name: 'pure-domain',
  check(modules, report) {
    const harmless = /^(Math\.(?!random\b)\w+|Date\.(UTC|parse)|new Date\(…\))$/;
    for (const module of inFolder(modules, 'domain')) {
      for (const { name, line } of module.globals) {
        if (!harmless.test(name))
          report(module, line, `domain/ must not use ${name}: take it as an argument`);
      }
      for (const { specifier, line } of packageImports(module)) {
        if (!DOMAIN_PACKAGES.has(specifier))
          report(
            module,
            line,
            `domain/ must not import ${specifier}: only ${[...DOMAIN_PACKAGES].join(', ')}`,
          );
      }
    }
  },
};

const WORKFLOW_PACKAGES = new Set(['@temporalio/workflow', '@temporalio/common']);

const workflowSandbox: Rule = {
  name: 'workflow-sandbox',
  check(modules, report) {
    for (const module of inFolder(modules, 'workflows')) {
      for (const { specifier, line } of packageImports(module)) {
        if (!WORKFLOW_PACKAGES.has(specifier))
          report(module, line, `workflows/ must not import ${specifier}`);
      }
      for (const { name, line } of module.globals) {
        if (/^(process|fetch|crypto|performance|require|globalThis)\b/.test(name)) {
          report(module, line, `workflows/ must not use ${name}: it is not replayed`);
        }
      }
    }
  },
};

/** Every exported function of the bundle's entry becomes a workflow type: none may slip in. */
const workflowExports: Rule = {
  name: 'workflow-exports',
  check(modules, report) {
    const index = modules.get('workflows/index.ts');
    for (const { explicit, line } of index?.exports ?? []) {
      if (!explicit)
        report(index as ParsedModule, line, "only explicit re-exports: export { name } from './file.ts'");
    }
  },
};

/** A vendor's SDK lives in the adapter of that vendor, and in no other place. */
const vendorSdks: Rule = {
  name: 'vendor-sdks',
  check(modules, report) {
    const adapterOf = new Map<string, string>(); // vendor → the adapter folder that was seen first
    const vendorsIn = new Map<string, string>(); // adapter folder → its vendor
    for (const module of modules.values()) {
      const folder = folderOf(module.path);
      if (folder === 'tests' || folder === 'scripts' || folder === 'bench' || folder === '.') continue;
      for (const { specifier, line } of packageImports(module)) {
        const name = packageOf(specifier);
        if (name.startsWith('node:') || LIBRARIES.test(name) || OWNERS[name]?.includes(folder)) continue;
        const adapter = module.path.split('/')[1] as string;
        if (folder !== 'adapters') {
          report(
            module,
            line,
            `${name} is a vendor's SDK (or a new library): only its folder in adapters/ imports it`,
          );
          continue;
        }
        const family = familyOf(name);
        const vendor = vendorsIn.get(adapter) ?? family.name;
        vendorsIn.set(adapter, vendor);
        if (vendor !== family.name)
          report(module, line, `adapters/${adapter}/ speaks to ${vendor}: ${name} is another`);
        const owner = adapterOf.get(family.name) ?? adapter;
        adapterOf.set(family.name, owner);
        const isFamilyFolder = family.folders?.test(adapter) ?? adapter === owner;
        if (!isFamilyFolder)
          report(module, line, `${name} belongs to adapters/${family.folders?.source ?? owner}`);
      }
    }
  },
};

/** The environment is read once, in config/; tests, scripts and the lab are not part of Sentinel. */
const environment: Rule = {
  name: 'environment',
  check(modules, report) {
    for (const module of modules.values()) {
      const { path } = module;
      if (isTest(path) || ['config', 'lab', 'bench', '.'].includes(folderOf(path))) continue;
      for (const { name, line } of module.globals) {
        if (name === 'process.env' || name === 'process') report(module, line, `${name} outside config/`);
      }
      for (const { specifier, names, line } of module.imports) {
        const whole = names.includes('env') || names.includes('default') || names.includes('*');
        if (/^(node:)?process$/.test(specifier) && whole)
          report(module, line, `${specifier} outside config/`);
      }
    }
  },
};

const configLoad: Rule = {
  name: 'config-load',
  check(modules, report) {
    for (const { module, target, line, typeOnly } of edges(modules)) {
      if (target !== 'config/load.ts' || folderOf(module.path) === 'config') continue;
      if (isMain(module.path) || isTest(module.path) || ['cli', 'bench'].includes(folderOf(module.path)))
        continue;
      // What app/ puts together follows from the whole configuration, which it is given.
      if (typeOnly && folderOf(module.path) === 'app') continue;
      report(module, line, 'only main files read the configuration: take the values as arguments');
    }
  },
};

/** Names of the lab's services, as literals: whoever writes one outside the lab knows the exam. */
const LAB_SERVICES = new Set(['gateway', 'checkout', 'payments', 'inventory']);

const labIsolation: Rule = {
  name: 'lab-isolation',
  check(modules, report) {
    for (const { module, target, line } of edges(modules)) {
      const importer = folderOf(module.path);
      if (folderOf(target) === 'lab' && !['lab', 'cli', 'bench', 'tests', 'scripts'].includes(importer)) {
        report(module, line, `${importer}/ must not import the lab`);
      }
    }
    for (const module of modules.values()) {
      if (folderOf(module.path) === 'lab' || isTest(module.path)) continue;
      for (const { value, line } of module.strings) {
        if (LAB_SERVICES.has(value))
          report(module, line, `'${value}' is a service of the lab: Sentinel must not know it`);
      }
    }
  },
};

/** app/ composes and the command line asks for it; nothing else builds on them, or on tests. */
const topOfTree: Rule = {
  name: 'top-of-tree',
  check(modules, report) {
    for (const { module, target, line } of edges(modules)) {
      const [from, to] = [folderOf(module.path), folderOf(target)];
      if (to === 'cli' && !['cli', 'tests', 'bench'].includes(from))
        report(module, line, 'nothing imports cli/');
      if (to === 'app' && !['app', 'cli', 'tests', 'bench'].includes(from))
        report(module, line, 'only cli/ imports app/');
      if (to === 'tests' && !isTest(module.path) && from !== '.')
        report(module, line, 'nothing imports tests/');
    }
  },
};

/** Of two folders that stand beside each other one may build on the other; a folder and those in it belong together. */
const oneWay: Rule = {
  name: 'one-way',
  check(modules, report) {
    const between = new Map<string, { module: ParsedModule; line: number }>();
    for (const { module, target, line } of edges(modules)) {
      const [from, to] = [posix.dirname(module.path), posix.dirname(target)];
      if (isTest(module.path) || from === to || isWithin(from, to) || isWithin(to, from)) continue;
      if (!between.has(`${from} ${to}`)) between.set(`${from} ${to}`, { module, line });
      const back = between.get(`${to} ${from}`);
      if (back !== undefined)
        report(module, line, `${from}/ and ${to}/ import each other (${back.module.path}:${back.line})`);
    }
  },
};

const isWithin = (folder: string, of: string): boolean => of === '.' || folder.startsWith(`${of}/`);

/** Imports are relative with `.ts` and lead to a file, or name a package: no aliases. */
const plainSpecifiers: Rule = {
  name: 'plain-specifiers',
  check(modules, report) {
    for (const module of modules.values()) {
      for (const { specifier, line } of module.imports) {
        const target = targetOf(module.path, specifier);
        const isLocal = target === undefined || modules.has(target) || /\.(json|mjs)$/.test(target);
        if (!isLocal) report(module, line, `${specifier} leads to no file (${target})`);
        if (target === undefined && /^(#|~|\/|@\/|<)/.test(specifier)) {
          report(module, line, `${specifier}: write a relative path, or the name of a package`);
        }
      }
    }
  },
};

const noCycles: Rule = {
  name: 'no-cycles',
  check(modules, report) {
    const graph = new Map<string, string[]>();
    for (const module of modules.values()) graph.set(module.path, []);
    for (const { module, target } of edges(modules)) graph.get(module.path)?.push(target);
    for (const cycle of findCycles(graph)) {
      report(
        modules.get(cycle[0] as string) as ParsedModule,
        1,
        `files import each other: ${cycle.join(' → ')}`,
      );
    }
  },
};

/** What belongs to one action stands in its file; a switch elsewhere would have to be found and extended for the next one. */
const oneActionOneFile: Rule = {
  name: 'one-action-one-file',
  check(modules, report) {
    for (const module of modules.values()) {
      // The practice system is a world of its own, with actions of its own.
      if (folderOf(module.path) === 'lab') continue;
      for (const { value, line } of module.cases) {
        if (isActionId(value))
          report(module, line, `a switch over actions (${value}): let domain/remediation/actions/ say it`);
      }
    }
  },
};

const RULES: readonly Rule[] = [
  ...[direction, pureDomain, workflowSandbox, workflowExports, vendorSdks, environment, configLoad],
  ...[labIsolation, topOfTree, plainSpecifiers, noCycles, oneWay, oneActionOneFile],
];

export const ruleNames: readonly string[] = RULES.map(({ name }) => name);

/** All violations in a tree of TypeScript files (path from the root → text). An empty tree is a mistake. */
export function violations(tree: SourceTree): Violation[] {
  if (tree.size === 0) throw new Error('The tree has no files: the rules would hold for nothing');
  const modules = new Map([...tree].map(([path, text]) => [path, parseModule(path, text)]));
  const found: Violation[] = [];
  for (const rule of RULES) {
    rule.check(modules, ({ path }, line, message) =>
      found.push({ rule: rule.name, file: path, line, message }),
    );
  }
  return found;
}

function inFolder(modules: ReadonlyMap<string, ParsedModule>, folder: string): ParsedModule[] {
  return [...modules.values()].filter(({ path }) => folderOf(path) === folder);
}

function packageImports({ imports }: ParsedModule): ModuleImport[] {
  return imports.filter(({ specifier }) => !specifier.startsWith('.'));
}

function edges(
  modules: ReadonlyMap<string, ParsedModule>,
): { module: ParsedModule; target: string; line: number; typeOnly: boolean }[] {
  return [...modules.values()].flatMap((module) =>
    module.imports.flatMap(({ specifier, line, typeOnly }) => {
      const target = targetOf(module.path, specifier);
      return target === undefined ? [] : [{ module, target, line, typeOnly }];
    }),
  );
}
