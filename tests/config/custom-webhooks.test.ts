import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';

let cwd: string;
const signature = { header: 'X-Signature' };
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'sentinel-custom-'));
  const custom = [{ name: 'our-checks', mapping: '{}', signature }];
  writeFileSync(path.join(cwd, 'sentinel.yaml'), JSON.stringify({ ingest: { custom } }));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const variable = 'SENTINEL_CUSTOM_OUR_CHECKS_SECRETS';

test('the secrets of a webhook are read from its variable', () => {
  const loaded = loadConfig({ cwd, env: { [variable]: 'a-secret-of-the-checks' } });
  expect(loaded.ok && loaded.config.vendorSecrets[variable]?.reveal()).toBe('a-secret-of-the-checks');
});

test('a secret that is too short is a mistake', () => {
  const loaded = loadConfig({ cwd, env: { [variable]: 'short' } });
  expect(!loaded.ok && loaded.problems).toMatchObject([{ source: 'environment', path: variable }]);
});

test('a mapping that does not compile is a mistake, with file, line and place', () => {
  const text = 'ingest:\n  custom:\n    - name: checks\n      mapping: "{ a + }"\n';
  writeFileSync(path.join(cwd, 'wrong.yaml'), text);
  const loaded = loadConfig({ cwd, file: 'wrong.yaml', env: {} });
  expect(!loaded.ok && loaded.problems).toMatchObject([
    {
      source: 'wrong.yaml',
      path: 'ingest.custom[0].mapping',
      line: 4,
      message: expect.stringContaining('column'),
    },
  ]);
});
