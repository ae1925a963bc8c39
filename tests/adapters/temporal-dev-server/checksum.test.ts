/** A downloaded executable is used when it is the pinned one; when nobody can tell, that is said. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkExecutable, knownChecksums } from '../../../adapters/temporal-dev-server/checksum.ts';

const sha256OfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

function executable(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-checksum-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'temporal'), 'abc');
  return join(folder, 'temporal');
}

test('the pinned one matches, another one differs, and a platform without a line is unknown', async () => {
  const file = executable();
  const check = (sums: Record<string, string>) => checkExecutable(file, 'linux-x64', sums);
  expect(await check({ 'linux-x64': sha256OfAbc })).toEqual({ kind: 'matches', sha256: sha256OfAbc });
  const expected = '0'.repeat(64);
  expect(await check({ 'linux-x64': expected })).toEqual({ kind: 'differs', sha256: sha256OfAbc, expected });
  expect(await check({ 'darwin-arm64': sha256OfAbc })).toEqual({ kind: 'unknown', sha256: sha256OfAbc });
});

test('known checksums are checksums, of platforms', () => {
  for (const [platform, sum] of Object.entries({ ...knownChecksums, 'linux-x64': sha256OfAbc })) {
    expect(platform).toMatch(/^(?:linux|darwin|win32)-(?:x64|arm64)$/);
    expect(sum).toMatch(/^[0-9a-f]{64}$/);
  }
});
