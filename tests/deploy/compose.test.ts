/** What docker-compose.yml promises, read from the file; CI also asks Docker itself. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
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

test('the image copies every folder that the command needs', () => {
  const image = readFileSync(path.join(root, 'deploy/Dockerfile'), 'utf8');
  for (const folder of [
    'activities',
    'adapters',
    'api',
    'cli',
    'config',
    'domain',
    'ingest',
    'lab',
    'workers',
    'workflows',
  ])
    expect(image).toContain(`COPY ${folder} ./${folder}`);
  expect(image).toMatch(/^USER 1000/m);
});
