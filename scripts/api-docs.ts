/** Writes the tables of docs/api.md that are made from the routes and the sources: `node scripts/api-docs.ts`. A test compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Permission, Route } from '../api/http/route.ts';
import { routes } from '../api/routes/index.ts';
import { keyRoles, mayDo } from '../domain/role.ts';
import { ways } from '../ingest/sources/index.ts';

export const apiDocs = path.resolve(import.meta.dirname, '../docs/api.md');

/** Who may call, from the least to the most trusted. */
export const callers = ['no key', 'malformed key', 'revoked key', ...keyRoles] as const;
export type Caller = (typeof callers)[number];

/** The status that a good request of this caller is answered with. */
export function expectedStatus({ permission, answers }: Route, caller: Caller): number {
  const success = Math.min(...Object.keys(answers).map(Number));
  return allowed(permission, caller) ?? success;
}

function allowed(permission: Permission, caller: Caller): 401 | 403 | null {
  if (permission === 'public') return null;
  const role = keyRoles.find((one) => one === caller);
  if (role === undefined) return 401;
  return mayDo(role, permission) ? null : 403;
}

export function renderRoutes(): string {
  return table(
    ['method', 'path', 'role', ''],
    routes.map(({ method, path: at, permission, summary }) => [method, `\`${at}\``, permission, summary]),
  );
}

export function renderMatrix(
  statusOf: (route: Route, caller: Caller) => number | string = expectedStatus,
): string {
  return table(
    ['', ...callers],
    routes.map((route) => [
      `\`${route.method} ${route.path}\``,
      ...callers.map((caller) => String(statusOf(route, caller))),
    ]),
  );
}

/** Every path that senders post to. */
export function renderWays(): string {
  return table(
    ['method', 'path', 'takes', 'source', 'proved by'],
    ways.map(({ path: at, takes, source, proof, rpc }) => [
      'POST',
      `\`${at}\``,
      rpc === undefined ? takes : `${takes}; over gRPC: \`${rpc}\``,
      source,
      proof,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** The text between `<!-- name: … -->` and `<!-- /name -->`. */
export function sectionOf(text: string, name: string): string {
  const found = sectionPattern(name).exec(text)?.[2];
  if (found === undefined) throw new Error(`docs/api.md has no section ${name}`);
  return found;
}

function sectionPattern(name: string): RegExp {
  return new RegExp(`(<!-- ${name}:[^>]*-->\n\n)([\\s\\S]*?)(\n\n<!-- /${name} -->)`);
}

if (import.meta.main) {
  const sections = { routes: renderRoutes(), ways: renderWays(), matrix: renderMatrix() };
  const written = Object.entries(sections).reduce(
    (text, [name, section]) =>
      text.replace(
        sectionPattern(name),
        (_, before: string, _old, after: string) => before + section + after,
      ),
    readFileSync(apiDocs, 'utf8'),
  );
  writeFileSync(apiDocs, written);
}
