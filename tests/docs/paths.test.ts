// Whatever file or folder the documents name is there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const documents = [
  ...['README.md', 'SECURITY.md', 'RELEASE.md', 'CONTRIBUTING.md'],
  ...readdirSync(path.join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md') && existsSync(path.join(root, name)));
const folders =
  'activities|adapters|api|bench|cli|config|docs|domain|ingest|lab|scripts|tests|workers|workflows';

describe.each(documents)('%s', (name) => {
  const text = readFileSync(path.join(root, name), 'utf8');

  test('paths in code spans exist', () => {
    const named = [...text.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)\``, 'g'))].map(
      ([, found]) => found ?? '',
    );
    expect(named.filter((one) => !existsSync(path.join(root, one)))).toEqual([]);
  });

  test('links to files of this project lead somewhere', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(
      ([, found]) => found ?? '',
    );
    const broken = links.filter((one) => !existsSync(path.resolve(root, path.dirname(name), one)));
    expect(broken).toEqual([]);
  });
});
