/** What docker-compose.yml promises, read from the file; CI also asks Docker itself. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../config/load.ts';

type Service = {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly healthcheck?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
};

const root = path.resolve(import.meta.dirname, '../..');
const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');
const file = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);
const dockerfile = readFileSync(path.join(root, 'deploy/Dockerfile'), 'utf8');
const mountsOf = (name: string): string[] =>
  (file.services[name]?.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
/** Runs once and ends. */
const once = ['secrets'];

describe('docker-compose.yml', () => {
  test('has the roles of Sentinel and all they stand on', () => {
    expect(services.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'api',
        'worker',
        'ingest',
        'postgres',
        'temporal',
        'temporal-ui',
        'kafka',
        'clickhouse',
        'qdrant',
      ]),
    );
  });

  test.each(services)('%s is pinned, healthy, on loopback, and holds no secret', (name, service) => {
    expect(service.image).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/);
    if (!once.includes(name)) expect(service.healthcheck).toBeDefined();
    if (service.build !== undefined) expect(dockerfile).toMatch(/^HEALTHCHECK .*\\\n\s+CMD \[.*\/ready/m);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const [variable, value] of Object.entries(service.environment ?? {}))
      if (/password|secret|key|url/i.test(variable)) expect(value).toMatch(/^\/secrets\//);
  });

  test('what it mounts and waits for is there', () => {
    for (const [, { volumes = [], depends_on = {}, build }] of services) {
      for (const source of volumes.map((volume) => volume.split(':')[0] ?? ''))
        expect(source.startsWith('./') ? existsSync(path.join(root, source)) : source in file.volumes).toBe(
          true,
        );
      for (const other of Object.keys(depends_on)) expect(file.services).toHaveProperty([other]);
      if (build !== undefined) expect(existsSync(path.join(root, build.dockerfile))).toBe(true);
    }
  });

  test('gives Sentinel a configuration that is valid', () => {
    expect(loadConfig({ file: path.join(root, 'deploy/compose/sentinel.yaml'), env: {} })).toMatchObject({
      ok: true,
    });
  });
});

describe('the secrets', () => {
  const volumes = ['sentinel', 'postgres', 'temporal', 'clickhouse'];
  const make = (folder: string): Record<string, string> => {
    execFileSync('/bin/sh', [path.join(root, 'deploy/compose/make-secrets.sh'), folder]);
    const given = volumes.flatMap((name) =>
      readdirSync(path.join(folder, 'give', name)).map((secret) => `${name}/${secret}`),
    );
    return Object.fromEntries(
      given.map((name) => [name, readFileSync(path.join(folder, 'give', name), 'utf8')]),
    );
  };
  const folder = (): string => {
    const made = mkdtempSync(path.join(tmpdir(), 'sentinel-secrets-'));
    onTestFinished(() => rmSync(made, { recursive: true }));
    for (const name of ['secrets', ...volumes.map((volume) => `give/${volume}`)])
      mkdirSync(path.join(made, name), { recursive: true });
    return made;
  };

  test('of a service are in the one volume that it mounts, and the first copy is mounted by none', () => {
    for (const [name, { environment = {} }] of services.filter(([name]) => !once.includes(name))) {
      const mounted = mountsOf(name).filter((volume) => /secrets$/.test(volume));
      const reads = JSON.stringify([environment, file.services[name]]).includes('/secrets/');
      expect([name, mounted.length]).toEqual([name, reads ? 1 : 0]);
      expect(mounted).not.toContain('secrets');
    }
    expect(mountsOf('temporal').filter((source) => !source.startsWith('./'))).toEqual(['temporal-secrets']);
  });

  test('are made once, and given again as they are', () => {
    const made = folder();
    const first = make(made);
    expect(Object.keys(first).sort()).toEqual([
      'clickhouse/clickhouse',
      'postgres/postgres',
      'postgres/sentinel',
      'postgres/temporal',
      'sentinel/admin-key',
      'sentinel/clickhouse',
      'sentinel/payload-keys',
      'sentinel/postgres-url',
      'temporal/temporal',
    ]);
    expect(first['sentinel/admin-key']).toMatch(/^sntl_compose_[0-9a-f]{64}$/);
    expect(first['sentinel/payload-keys']).toMatch(/^compose:[A-Za-z0-9+/]{43}=$/);
    expect(first['sentinel/postgres-url']).toBe(
      `postgres://sentinel:${first['postgres/sentinel']}@postgres:5432/sentinel`,
    );
    expect(first['temporal/temporal']).toBe(first['postgres/temporal']);
    expect(make(made)).toEqual(first);
    expect(make(folder())['sentinel/admin-key']).not.toBe(first['sentinel/admin-key']);
    expect(statSync(path.join(made, 'secrets/admin-key')).mode & 0o077).toBe(0);
  });

  test('that a first start was cut short in are made anew, whole', () => {
    const made = folder();
    writeFileSync(path.join(made, 'secrets/postgres'), '');
    writeFileSync(path.join(made, 'secrets/temporal.new'), 'half');
    const given = make(made);
    expect(given['postgres/postgres']).toMatch(/^[0-9a-f]{64}$/);
    expect(given['temporal/temporal']).toMatch(/^[0-9a-f]{64}$/);
  });
});

test('the image copies every folder that the command needs', () => {
  for (const folder of [
    'activities',
    'adapters',
    'api',
    'app',
    'cli',
    'config',
    'domain',
    'ingest',
    'lab',
    'workflows',
  ])
    expect(dockerfile).toContain(`COPY ${folder} ./${folder}`);
  expect(dockerfile).toMatch(/^USER 1000/m);
  expect(loadConfig({ file: path.join(root, 'deploy/image/sentinel.yaml'), env: {} })).toMatchObject({
    ok: true,
  });
});

test('CODEOWNERS names nobody that does not exist, and no path that is gone', () => {
  const lines = readFileSync(path.join(root, '.github/CODEOWNERS'), 'utf8').split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules.length).toBeGreaterThan(5);
  expect(rules.join('\n')).not.toContain('@');
  for (const rule of rules) expect([rule, existsSync(path.join(root, rule))]).toEqual([rule, true]);
});
