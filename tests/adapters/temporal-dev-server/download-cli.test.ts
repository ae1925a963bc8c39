/** The downloaded Temporal CLI is the pinned one, or it is not used: a real archive from a server of our own. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { archiveChecksums } from '../../../adapters/temporal-dev-server/checksum.ts';
import { downloadCli, pinnedRelease } from '../../../adapters/temporal-dev-server/download-cli.ts';

const platform = `${process.platform}-${process.arch}`;
let dir: string;
let target: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-download-'));
  target = join(dir, 'cli');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** An archive as Temporal publishes it. */
function archiveWith(script: string): Buffer {
  const from = mkdtempSync(join(dir, 'archive-'));
  writeFileSync(join(from, 'temporal'), script);
  writeFileSync(join(from, 'LICENSE'), 'MIT');
  chmodSync(join(from, 'temporal'), 0o644);
  execFileSync('tar', ['-czf', join(from, 'archive.tar.gz'), '-C', from, 'LICENSE', 'temporal']);
  return readFileSync(join(from, 'archive.tar.gz'));
}

/** Answers every request like this; resolves to its address and what it was asked for. */
async function serve(body: Buffer, status = 200): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
const download = (url: string, checksums: Record<string, string>): Promise<void> =>
  downloadCli(target, () => {}, undefined, { url, checksums });
const leftovers = (): string[] => readdirSync(dir).filter((name) => name.startsWith('.download-'));

describe('downloading the Temporal CLI', () => {
  test('the pinned archive becomes an executable', async () => {
    const archive = archiveWith('#!/bin/sh\necho pinned\n');
    const { url, asked } = await serve(archive);
    await download(url, { [platform]: sha256(archive) });
    expect(execFileSync(target, { encoding: 'utf8' })).toBe('pinned\n');
    expect(asked).toEqual([expect.stringMatching(/^\/temporal_cli_1\.5\.1_\w+_(?:amd64|arm64)\.tar\.gz$/)]);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ['another archive', archiveWith],
    ['a page instead of it', (text: string) => Buffer.from(`<html>${text}</html>`)],
  ])('%s is not used, and leaves nothing', async (_, bodyOf) => {
    const { url } = await serve(bodyOf('#!/bin/sh\necho another\n'));
    const expected = '0'.repeat(64);
    await expect(download(url, { [platform]: expected })).rejects.toThrow(
      new RegExp(`has SHA-256 [0-9a-f]{64}, expected ${expected}; it is not used`),
    );
    expect([existsSync(target), leftovers()]).toEqual([false, []]);
  });

  test('without a checksum for the platform nothing is even asked for', async () => {
    const { url, asked } = await serve(archiveWith('#!/bin/sh\n'));
    await expect(download(url, {})).rejects.toThrow(`no checksum is known for ${platform}`);
    expect(asked).toEqual([]);
  });

  test('what the server says is in the reason', async () => {
    const { url } = await serve(Buffer.from('gone'), 404);
    await expect(download(url, { [platform]: '0'.repeat(64) })).rejects.toThrow(/temporal_cli_.*HTTP 404/);
    expect(leftovers()).toEqual([]);
  });
});

test('every platform that Sentinel installs on has a checksum, for the official release', () => {
  expect(Object.keys(archiveChecksums).sort()).toEqual([
    'darwin-arm64',
    'darwin-x64',
    'linux-arm64',
    'linux-x64',
  ]);
  expect(new Set(Object.values(archiveChecksums)).size).toBe(4);
  for (const sum of Object.values(archiveChecksums)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  expect(pinnedRelease.url).toMatch(/^https:\/\/github\.com\/temporalio\/cli\/releases\/download\/v/);
});
