/** Certificates for tests of encrypted connections. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const authority = `[ca]
default_ca = own
[own]
dir = .
database = ./index
serial = ./serial
new_certs_dir = .
default_md = sha256
policy = any
rand_serial = yes
copy_extensions = copy
[any]
commonName = supplied
`;

export interface Issued {
  readonly key: string;
  readonly cert: string;
  /** Of the authority that issued it. */
  readonly issuer: string;
}

/** A certificate for names, of an authority of this test's own, valid in a time that need not be now. `key`: one that is there already. */
export function issuedCertificate(
  names: readonly [string, ...string[]],
  { key = '', from = '20250101000000Z', to = '20350101000000Z', bits = 2048 } = {},
): Issued {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-authority-'));
  const run = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  const read = (file: string): string => readFileSync(join(dir, file), 'utf8');
  writeFileSync(join(dir, 'ca.conf'), authority);
  writeFileSync(join(dir, 'index'), '');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key'];
  run('req', '-x509', ...curve, '-days', '3650', '-subj', '/CN=Authority of a test', '-out', 'ca.pem');
  if (key === '') run('genrsa', '-out', 'own.key', String(bits));
  else writeFileSync(join(dir, 'own.key'), key);
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  const asked = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`];
  run('req', '-new', '-key', 'own.key', ...asked, '-out', 'own.csr');
  const signer = ['-config', 'ca.conf', '-cert', 'ca.pem', '-keyfile', 'ca.key'];
  const valid = ['-startdate', from, '-enddate', to];
  run('ca', '-batch', '-notext', ...signer, ...valid, '-in', 'own.csr', '-out', 'own.pem');
  const issued = { key: read('own.key'), cert: read('own.pem'), issuer: read('ca.pem') };
  rmSync(dir, { recursive: true });
  return issued;
}
