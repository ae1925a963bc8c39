/** The real tree: every TypeScript file of the project and every script of its pages, also those that are not committed yet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SourceTree } from './rules.ts';

const SKIPPED = new Set(['node_modules', 'dist', 'coverage']);

export function readTree(root: string): SourceTree {
  const tree = new Map<string, string>();
  const read = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name)) read(path);
      if (entry.isFile() && /\.[jt]s$/.test(entry.name)) {
        tree.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'));
      }
    }
  };
  read(root);
  return tree;
}
