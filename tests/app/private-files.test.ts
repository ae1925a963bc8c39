// Files with secrets: ours alone, or not used.

import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConnection, writeConnection } from '../../app/left-connection.ts';
import { openPrivateFolder, readPrivateFile } from '../../app/private-files.ts';
import { resolveConnection } from '../../cli/connection.ts';
import { loadConfig } from '../../config/load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-private-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const mode = (file: string) => statSync(file).mode & 0o777;
const left = { url: 'http://127.0.0.1:4500', apiKey: 'sntl_left_key' };

describe('the data folder', () => {
  test('is made for this user alone', () => {
    const made = path.join(folder, 'a', 'data');
    openPrivateFolder(made);
    expect(mode(made)).toBe(0o700);
  });

  test('is closed to others where it was open, with everything in it and nothing outside', () => {
    const data = path.join(folder, 'data');
    const outside = path.join(folder, 'outside');
    writeFileSync(outside, '');
    chmodSync(outside, 0o644);
    mkdirSync(path.join(data, 'postgres'), { recursive: true });
    for (const name of ['cli.json', 'postgres/base']) {
      writeFileSync(path.join(data, name), '');
      chmodSync(path.join(data, name), 0o666);
    }
    symlinkSync(outside, path.join(data, 'link'));
    chmodSync(data, 0o755);
    openPrivateFolder(data);
    expect(['.', 'postgres', 'cli.json', 'postgres/base'].map((name) => mode(path.join(data, name)))).toEqual(
      [0o700, 0o700, 0o600, 0o600],
    );
    expect(mode(outside)).toBe(0o644);
  });

  test.runIf(isRoot)('of another user is refused, and so is one with a file of theirs', () => {
    const data = path.join(folder, 'data');
    openPrivateFolder(data);
    writeFileSync(path.join(data, 'theirs'), '');
    chownSync(path.join(data, 'theirs'), nobody, nobody);
    expect(() => openPrivateFolder(data)).toThrow(/theirs belongs to another user \(uid 65534\)/);
    chownSync(data, nobody, nobody);
    expect(() => openPrivateFolder(data)).toThrow(/data belongs to another user/);
  });
});

describe('what start left for the command line', () => {
  const file = () => path.join(folder, 'cli.json');

  test('is used when it is ours', () => {
    writeConnection(folder, left);
    expect(mode(file())).toBe(0o600);
    expect(readConnection(folder)).toEqual(left);
  });

  test('is nothing when there is nothing, or nothing that can be read', () => {
    expect(readConnection(folder)).toBeNull();
    writeFileSync(file(), 'cut off by a cra', { mode: 0o600 });
    expect(readConnection(folder)).toBeNull();
  });

  test.each([0o644, 0o660, 0o602])('is not used when others may read or write it (%i)', (open) => {
    writeConnection(folder, left);
    chmodSync(file(), open);
    expect(() => readConnection(folder)).toThrow(/is open to other users.*SENTINEL_API_KEY/);
  });

  test.runIf(isRoot)('of another user is no key of root', () => {
    writeConnection(folder, left);
    chownSync(file(), nobody, nobody);
    writeFileSync(path.join(folder, 'sentinel.yaml'), 'dataDir: .\n');
    const load = (env: Record<string, string>) =>
      resolveConnection(
        {},
        { env, loadConfig: (given) => loadConfig({ env: {}, cwd: folder, file: given }) },
      );
    expect(() => load({})).toThrow(/belongs to another user/);
    expect(load({ SENTINEL_URL: left.url, SENTINEL_API_KEY: 'given' })).toEqual({
      url: left.url,
      apiKey: 'given',
    });
  });

  test('behind a link is not followed', () => {
    writeConnection(folder, left);
    const elsewhere = mkdtempSync(path.join(folder, 'elsewhere-'));
    symlinkSync(file(), path.join(elsewhere, 'cli.json'));
    expect(() => readPrivateFile(path.join(elsewhere, 'cli.json'))).toThrow(/cannot be used/);
  });

  test('without a key, because the operator has it: says how to give it', () => {
    writeConnection(folder, { url: left.url });
    writeFileSync(path.join(folder, 'sentinel.yaml'), 'dataDir: .\n');
    const load = () =>
      resolveConnection(
        {},
        { env: {}, loadConfig: (given) => loadConfig({ env: {}, cwd: folder, file: given }) },
      );
    expect(load).toThrow(/No API key for http:\/\/127\.0\.0\.1:4500.*SENTINEL_API_KEY/);
  });

  test('without a key, beside the process that has it from the operator: the same key, for that process only', () => {
    const key = `sntl_operator_${'k'.repeat(43)}`;
    writeConnection(folder, { url: left.url });
    writeFileSync(path.join(folder, 'sentinel.yaml'), 'dataDir: .\n');
    const load = (flags: { url?: string }) =>
      resolveConnection(flags, {
        env: {},
        loadConfig: (file) => loadConfig({ env: { SENTINEL_ADMIN_KEY: key }, cwd: folder, file }),
      });
    expect(load({})).toEqual({ url: left.url, apiKey: key });
    expect(() => load({ url: 'http://127.0.0.1:4600' })).toThrow(/No API key for http:\/\/127\.0\.0\.1:4600/);
  });
});
