// What may be cleaned away: regular files with one name, old enough, named as configured, and never below a folder called data.

import type { BigIntStats } from 'node:fs';

export type SandboxRules = {
  /** Globs of file names. */
  readonly patterns: readonly string[];
  readonly olderThanSeconds: number;
};

export const trashName = '.sentinel-trash';

/** Folders that are never entered. */
export function isForbidden(folderName: string): boolean {
  return folderName.toLowerCase() === 'data' || folderName === trashName;
}

/** A path that may be configured as a sandbox; otherwise the reason why not. */
export function whyNoSandbox(path: string): string | null {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.some(isForbidden)) return 'nothing below a folder called data is ever cleaned';
  if (parts.length < 2) return 'a folder right below the root is no sandbox';
  return null;
}

export function isCleanable(name: string, stat: BigIntStats, rules: SandboxRules, nowMs: number): boolean {
  // With a second name somewhere nothing would be freed, and the other name may be outside.
  if (!stat.isFile() || stat.nlink !== 1n) return false;
  // When it was written, and when it came here under this name: whichever is later.
  const changedMs = Math.max(Number(stat.mtimeMs), Number(stat.ctimeMs));
  if (nowMs - changedMs < rules.olderThanSeconds * 1_000) return false;
  return rules.patterns.some((pattern) => matches(pattern, name));
}

/** `*` stands for anything in one name. Walks both once, so that no pattern can take long. */
export function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
