/** The lock file holds every package of every platform with its checksum, and says nothing of where it was made. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

type Entry = {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
type Packages = Readonly<Record<string, Entry>>;

const root = path.resolve(import.meta.dirname, '../..');
const text = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Packages };

/** Could not be had where the lock file was made: npm then trusts the registry for them. Named in SECURITY.md. */
const withoutChecksum = [
  'node_modules/@chdb/lib-darwin-arm64',
  'node_modules/@chdb/lib-darwin-x64',
  'node_modules/@chdb/lib-linux-arm64-gnu',
];

/** What a package asks for and the lock file does not hold, looked up as Node does: from the folder upwards. */
function missing(all: Packages): string[] {
  return Object.entries(all).flatMap(([at, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !isFound(all, at, name))
      .map((name) => `${name} of ${at}`),
  );
}

function isFound(all: Packages, at: string, name: string): boolean {
  if (all[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
  if (at === '') return false;
  return isFound(all, at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1)), name);
}

describe('the lock file', () => {
  test('holds every package that another asks for, whatever the platform', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(300);
    expect(missing(packages)).toEqual([]);
  });

  test('a package that is left out is missed', () => {
    const { 'node_modules/@swc/core-darwin-arm64': left, ...others } = packages;
    expect(left).toBeDefined();
    expect(missing(others)).toEqual(['@swc/core-darwin-arm64 of node_modules/@swc/core']);
  });

  test('has a checksum for all but the named ones', () => {
    const without = Object.keys(packages).filter((at) => at !== '' && packages[at]?.integrity === undefined);
    expect(without.sort()).toEqual(withoutChecksum);
    for (const at of withoutChecksum) expect(packages[at]).toMatchObject({ optional: true });
    expect(readFileSync(path.join(root, 'SECURITY.md'), 'utf8')).toContain('@chdb/lib-');
  });

  test('names no registry and no way to a package', () => {
    expect(text).not.toMatch(/"resolved"|registry\.|:\/\/(?!.*"(?:url|funding)")[\w.-]+\/[^"]*\.tgz/);
  });

  test.each([
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'x64'],
    ['darwin', 'arm64'],
  ])('%s on %s gets a Node 24', (os, cpu) => {
    const nodes = Object.entries(packages).filter(([at]) =>
      /^node_modules\/node-(bin-)?(linux|darwin)-/.test(at),
    );
    const fitting = nodes.filter(([, entry]) => entry.os?.includes(os) && entry.cpu?.includes(cpu));
    expect(fitting.map(([, entry]) => entry.version?.split('.')[0])).toEqual(['24']);
  });
});
