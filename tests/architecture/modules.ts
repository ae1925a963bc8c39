/** What the rules look at in a source file: its imports and exports, and the globals it touches. */
import { parseSync, Visitor } from 'oxc-parser';

export interface ModuleImport {
  /** As written: `../domain/scope.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** Gone at run time: `import type` or `export type`. (`import { type X }` still loads the module.) */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

/** A mention of a global: `process.env`, `Date.now`, `new Date()`, or just `fetch`. */
export interface GlobalUse {
  readonly name: string;
  readonly line: number;
}

export interface ParsedModule {
  readonly path: string;
  readonly imports: readonly ModuleImport[];
  /** Statements that export something, with `explicit` for `export { a } from './b.ts'`. */
  readonly exports: readonly { readonly explicit: boolean; readonly line: number }[];
  readonly globals: readonly GlobalUse[];
  /** Texts that a `switch` tells apart. */
  readonly cases: readonly { readonly value: string; readonly line: number }[];
  readonly strings: readonly { readonly value: string; readonly line: number }[];
}

type Node = { type: string; start: number; [key: string]: unknown };

export function parseModule(path: string, text: string): ParsedModule {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const line = (offset: number): number => text.slice(0, offset).split('\n').length;
  const imports: ModuleImport[] = module.staticImports.map((one) => ({
    specifier: one.moduleRequest.value,
    typeOnly: /^import\s+type\b(?!\s*(,|from\b))/.test(text.slice(one.start, one.end)),
    names: one.entries.map((entry) => entry.importName.name ?? '*'),
    line: line(one.start),
  }));
  for (const statement of module.staticExports) {
    const [entry] = statement.entries;
    if (!entry?.moduleRequest) continue;
    imports.push({
      specifier: entry.moduleRequest.value,
      typeOnly: /^export\s+type\b/.test(text.slice(statement.start, statement.end)),
      names: statement.entries.map((one) => one.importName.name ?? '*'),
      line: line(statement.start),
    });
  }
  const exports = module.staticExports.map((statement) => ({
    explicit: statement.entries.every(
      (entry) =>
        entry.moduleRequest !== null && entry.exportName.kind === 'Name' && entry.importName.kind === 'Name',
    ),
    line: line(statement.start),
  }));
  const globals: GlobalUse[] = [];
  const strings: { value: string; line: number }[] = [];
  const cases: { value: string; line: number }[] = [];
  new Visitor({
    ImportExpression: ({ source, start }) => {
      const specifier = source.type === 'Literal' ? String(source.value) : '<computed>';
      imports.push({ specifier, typeOnly: false, names: ['*'], line: line(start) });
    },
    TSImportType: ({ source, start }) => {
      imports.push({ specifier: String(source.value), typeOnly: true, names: ['*'], line: line(start) });
    },
    SwitchCase: ({ test, start }) => {
      if (test?.type === 'Literal') cases.push({ value: String(test.value), line: line(start) });
    },
    Literal: ({ value, start }) => {
      if (typeof value === 'string') strings.push({ value, line: line(start) });
    },
  }).visit(program);
  collectGlobals(program as unknown as Node, (name, offset) => globals.push({ name, line: line(offset) }));
  return { path, imports, exports, globals, cases, strings };
}

/** Names that reach for a clock, chance, the process or the network. Locals of these names count too: rename them. */
const WATCHED = new Set([
  ...[
    'Date',
    'Math',
    'process',
    'performance',
    'crypto',
    'globalThis',
    'global',
    'fetch',
    'console',
    'Temporal',
  ],
  ...[
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'require',
    'navigator',
    'WebSocket',
    'eval',
  ],
]);

/** Walks by hand, because what counts is how an identifier is used, and that is seen from its parent. */
function collectGlobals(node: Node, found: (name: string, offset: number) => void): void {
  const taken = takenApart(node);
  const used = usedGlobal(node);
  for (const name of taken ?? []) found(name, node.start);
  if (used !== undefined) found(used, node.start);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || key === 'typeArguments' || isPlainName(node, key)) continue;
    if (used !== undefined && (key === 'object' || key === 'callee')) continue;
    if (taken !== undefined && key === 'init') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof (child as Node | null)?.type === 'string') collectGlobals(child as Node, found);
    }
  }
}

/** `const { env, ...rest } = process` uses `process.env` and all the rest: `process`. */
function takenApart(node: Node): string[] | undefined {
  const { id, init } = node as unknown as { id?: Node; init?: Node };
  if (node.type !== 'VariableDeclarator' || id?.type !== 'ObjectPattern' || init?.type !== 'Identifier')
    return undefined;
  const name = init.name as string;
  if (!WATCHED.has(name)) return undefined;
  return (id.properties as Node[]).map(({ type, computed, key }) => {
    const property = (key as { name?: string } | undefined)?.name;
    return type === 'RestElement' || computed || property === undefined ? name : `${name}.${property}`;
  });
}

function usedGlobal(node: Node): string | undefined {
  const watched = (value: unknown): string | undefined => {
    const { type, name } = (value ?? {}) as { type?: string; name?: string };
    return type === 'Identifier' && name !== undefined && WATCHED.has(name) ? name : undefined;
  };
  if (node.type === 'MemberExpression') {
    const object = watched(node.object);
    const property = node.property as { name?: string; value?: unknown };
    return object && `${object}.${property.name ?? String(property.value)}`;
  }
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const callee = watched(node.callee);
    const prefix = node.type === 'NewExpression' ? 'new ' : '';
    return callee && `${prefix}${callee}(${(node.arguments as unknown[]).length === 0 ? '' : '…'})`;
  }
  return watched(node);
}

/** A property called `process` is not the global. */
function isPlainName(node: Node, key: string): boolean {
  if (node.computed === true) return false;
  if (node.type === 'MemberExpression') return key === 'property';
  return key === 'key' && node.shorthand !== true;
}
