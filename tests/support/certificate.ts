/** Certificates for tests of encrypted connections. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate of this test's own for 127.0.0.1; a leaf where no certificate of an authority is taken from a server. */
export function ownCertificate(kind: 'authority' | 'leaf' = 'authority'): { key: string; cert: string } {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-certificate-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const leaf = kind === 'leaf' ? ['-addext', 'basicConstraints=critical,CA:FALSE'] : [];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...leaf];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(dir, { recursive: true });
  return pair;
}
