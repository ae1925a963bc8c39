// sentinel.yaml and the environment: what is accepted, and how what is wrong is told.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { executorVendors } from '../../adapters/executors.ts';
import { generateKey } from '../../adapters/postgres/index.ts';
import { type Config, loadConfig } from '../../config/load.ts';
import { describeProblem } from '../../config/problems.ts';
import { type IncidentSettings, incidentTaskQueue } from '../../workflows/messages.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string, name = 'sentinel.yaml'): string {
  const cwd = mkdtempSync(path.join(folder, 'case-'));
  mkdirSync(cwd, { recursive: true });
  writeFileSync(path.join(cwd, name), text);
  return cwd;
}

function good(text: string, env: Record<string, string> = {}): Config {
  const loaded = loadConfig({ env, cwd: write(text) });
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.config;
}

function problems(text: string, env: Record<string, string> = {}): string[] {
  const loaded = loadConfig({ env, cwd: write(text) });
  return loaded.ok ? [] : loaded.problems.map(describeProblem);
}

describe('without a file', () => {
  const cwd = mkdtempSync(path.join(folder, 'empty-'));
  const loaded = loadConfig({ env: {}, cwd });

  test('everything runs embedded, with defaults', () => {
    expect(loaded).toMatchObject({
      ok: true,
      config: {
        file: null,
        dataDir: path.join(cwd, '.sentinel'),
        server: { host: '127.0.0.1' },
        executors: [],
        secrets: { adminKey: null },
        vendorSecrets: { SENTINEL_POSTGRES_URL: null, SENTINEL_CLICKHOUSE_PASSWORD: null },
      },
    });
    const { config } = loaded as { config: Config };
    expect(config.temporal.address).toBeUndefined();
    expect(config.postgres.url).toBeUndefined();
    expect(config.clickhouse.url).toBeUndefined();
  });

  test('the incident settings are what the workflow takes', () => {
    const { incident } = (loaded as { config: Config }).config;
    const { followsWithinMs, ...ofWorkflows } = incident;
    const settings: IncidentSettings = ofWorkflows;
    expect(followsWithinMs).toBe(3_600_000);
    expect(settings).toEqual({
      settleMs: 3000,
      actAfterMs: 15_000,
      maxAttempts: 3,
      verifyIntervalMs: 2000,
      verifyTimeoutMs: 60_000,
      slowVerifyTimeoutMs: 3_600_000,
      holdMs: 1_800_000,
      selfRecoveryMs: 8000,
      watchMs: 60_000,
      staysAwayMs: 60_000,
      flappingStaysAwayMs: 300_000,
    });
  });

  test('the task queue is the one that incidents are started on', () => {
    expect((loaded as { config: Config }).config.temporal.taskQueue).toBe(incidentTaskQueue);
  });

  test('it is frozen at every depth', () => {
    const { config } = loaded as { config: Config };
    expect(() => Object.assign(config.policy.byRisk, { high: 'auto' })).toThrow(TypeError);
    expect(() => (config.executors as unknown[]).push({})).toThrow(TypeError);
  });
});

describe('with a file', () => {
  test('durations are read as milliseconds, sections that are empty keep their defaults', () => {
    const config = good('incident:\n  settle: 1.5s\n  watch: 2h\nserver:\n  # port: 1\npolicy:\n');
    expect(config.incident).toMatchObject({ settleMs: 1500, watchMs: 7_200_000, maxAttempts: 3 });
    expect(config.server.host).toBe('127.0.0.1');
  });

  test('dataDir is relative to the file, wherever the command runs', () => {
    const cwd = write('dataDir: state\n', 'other.yaml');
    const loaded = loadConfig({ env: {}, cwd: '/', file: path.join(cwd, 'other.yaml') });
    expect(loaded).toMatchObject({ ok: true, config: { dataDir: path.join(cwd, 'state') } });
  });

  test('SENTINEL_CONFIG names the file; an argument goes before it', () => {
    const cwd = write('logging: { level: debug }', 'a.yaml');
    writeFileSync(path.join(cwd, 'b.yaml'), 'logging: { level: warn }');
    const env = { SENTINEL_CONFIG: 'a.yaml' };
    expect(loadConfig({ env, cwd })).toMatchObject({ config: { logging: { level: 'debug' } } });
    expect(loadConfig({ env, cwd, file: 'b.yaml' })).toMatchObject({
      config: { logging: { level: 'warn' } },
    });
  });

  test('a file that was named must be there', () => {
    const loaded = loadConfig({ env: {}, cwd: folder, file: 'nowhere.yaml' });
    expect(loaded).toMatchObject({
      ok: false,
      problems: [{ source: 'nowhere.yaml', message: expect.stringContaining('cannot be read') }],
    });
  });

  test('senders need a key as soon as the server can be reached from elsewhere', () => {
    expect(good('').ingest.senderKeys).toBe('unless-local');
    expect(good('server: { host: "::1" }').ingest.senderKeys).toBe('unless-local');
    expect(good('server: { publicUrl: "http://localhost:4500" }').ingest.senderKeys).toBe('unless-local');
    expect(good('server: { host: 0.0.0.0 }').ingest.senderKeys).toBe('always');
    expect(good('server: { publicUrl: "https://sentinel.example.com" }').ingest.senderKeys).toBe('always');
    expect(good('server: { trustedProxies: 1 }').ingest.senderKeys).toBe('always');
    expect(good('server: { allowedHosts: [sentinel] }').ingest.senderKeys).toBe('always');
    expect(good('ingest: { requireKey: true }').ingest.senderKeys).toBe('always');
    expect(good('server: { host: 0.0.0.0 }\ningest: { requireKey: false }').ingest.senderKeys).toBe('never');
  });

  test('executors, policy, limits and detection take what their parts define', () => {
    const config = good(`
executors:
  - { name: practice, type: mock, environments: [staging], services: [{ service: orders }] }
policy:
  byRisk: { medium: { approval: admin, quorum: 2 } }
  deny: [{ name: never in production, actions: [scale], environments: [production] }]
limits: { effectsPerTargetPerHour: 2 }
correlation: { maxHops: 1 }
detection: { errors: { minRatio: 0.1 } }
`);
    expect(config.executors[0]).toMatchObject({ services: [{ service: 'orders', replicas: 2 }] });
    expect(config.policy.byRisk.medium).toEqual({ approval: 'admin', quorum: 2, deadlineMinutes: 30 });
    expect(config.limits.effectsPerTargetPerHour).toBe(2);
    expect(config.detection.errors.minRatio).toBe(0.1);
  });
});

const vendors = Object.keys(executorVendors)
  .map((type) => `"${type}"`)
  .join(' or ');

describe('what is wrong is told with line, path, and what to do', () => {
  test.each([
    ['server:\n  hosst: x\n', ['sentinel.yaml:2: server.hosst: unknown key; did you mean "host"?']],
    ['\n\nserverr: {}\n', ['sentinel.yaml:3: serverr: unknown key; did you mean "server"?']],
    ['server:\n  port: "80"\n', ['sentinel.yaml:2: server.port: expected number, found "80"']],
    [
      'server:\n  port: 70000\n',
      ['sentinel.yaml:2: server.port: expected number to be <=65535, found 70000'],
    ],
    ['server: 3\n', ['sentinel.yaml:1: server: expected object, found 3']],
    ['- a\n', ['sentinel.yaml:1: expected object']],
    [
      'incident:\n  settle: 3\n',
      [
        'sentinel.yaml:2: incident.settle: expected a duration from 0s to 10m, such as "30s", "5m" or "2h", found 3',
      ],
    ],
    [
      'incident:\n  settle: 11m\n',
      [
        'sentinel.yaml:2: incident.settle: expected a duration from 0s to 10m, such as "30s", "5m" or "2h", found "11m"',
      ],
    ],
    [
      'incident:\n  verifyInterval: 2m\n',
      ['sentinel.yaml:2: incident.verifyInterval: must not be longer than verifyTimeout, found "2m"'],
    ],
    [
      'logging:\n  level: inof\n',
      [
        'sentinel.yaml:2: logging.level: expected "debug" or "info" or "warn" or "error" or "silent", found "inof"; did you mean "info"?',
      ],
    ],
    [
      'temporal:\n  address: temporal\n',
      [
        'sentinel.yaml:2: temporal.address: expected host:port, such as "temporal.internal:7233", found "temporal"',
      ],
    ],
    [
      'executors:\n  - name: a\n    type: labb\n',
      [`sentinel.yaml:3: executors[0].type: expected ${vendors}, found "labb"; did you mean "lab"?`],
    ],
    [
      'policy:\n  byRisk:\n    low: allow\n',
      [expect.stringMatching(/^sentinel\.yaml:3: policy\.byRisk\.low: expected .*found "allow"/)],
    ],
    [
      'policy:\n  byRisk:\n    high: { approvall: admin }\n',
      [
        expect.stringMatching(/^sentinel\.yaml:3: policy\.byRisk\.high\.approval: .*it is missing$/),
        'sentinel.yaml:3: policy.byRisk.high.approvall: unknown key; did you mean "approval"?',
      ],
    ],
    [
      'runbooks:\n  hangg: { candidates: [] }\n  hang: { candidates: [{ action: restrt }] }\n',
      [
        'sentinel.yaml:2: runbooks.hangg: unknown key; did you mean "hang"?',
        expect.stringMatching(
          /^sentinel\.yaml:3: runbooks\.hang\.candidates\[0\]\.action: .*did you mean "restart"\?$/,
        ),
      ],
    ],
    ['a: 1\na: 2\n', [expect.stringMatching(/^sentinel\.yaml:2: not YAML: .*unique/)]],
    ['server:\n\t- x\n', [expect.stringMatching(/^sentinel\.yaml:2: not YAML/)]],
    [
      'server: {}\n---\nserver: {}\n',
      [expect.stringMatching(/^sentinel\.yaml:\d: not YAML: .*multiple documents/i)],
    ],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test('executors: the same name twice, and what is missing', () => {
    const text =
      'executors:\n  - { name: a, type: mock, environments: [x] }\n  - { name: a, type: lab, environments: [x] }\n';
    expect(problems(text.replace('lab, ', 'lab, url: http://localhost:1, '))).toEqual([
      'sentinel.yaml:3: executors[1].name: "a" is used twice, found "a"',
    ]);
    expect(problems(text)).toEqual([
      expect.stringMatching(/^sentinel\.yaml:3: executors\[1\]\.url: expected .* it is missing$/),
    ]);
  });

  test('everything at once, in the order of the file', () => {
    const found = problems('server:\n  port: x\n  hots: y\nlimits:\n  leaseSeconds: 1\nbogus: 1\n');
    expect(found.map((line) => line.split(': ')[0])).toEqual(
      [2, 3, 5, 6].map((line) => `sentinel.yaml:${line}`),
    );
  });

  test('an alias bomb is refused', () => {
    const lines = Array.from(
      { length: 9 },
      (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]`,
    );
    expect(problems(`a0: &a0 [x,x]\n${lines.join('\n')}`)[0]).toContain('not usable YAML');
  });

  test('a file of more than a mebibyte is not read', () => {
    expect(problems(`# ${'x'.repeat(1024 * 1024)}`)[0]).toContain('the limit is 1048576');
  });
});

describe('secrets', () => {
  const adminKey = generateKey();
  const url = 'postgres://sentinel:hunter2@db.internal/sentinel';

  test('come from the environment, and show themselves only when asked', () => {
    const config = good('', { SENTINEL_ADMIN_KEY: adminKey, SENTINEL_POSTGRES_URL: url });
    expect(config.secrets.adminKey?.reveal()).toBe(adminKey);
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      String(config.vendorSecrets.SENTINEL_POSTGRES_URL),
      `${config.secrets.adminKey}`,
    ];
    for (const text of shown) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain('hunter2');
      expect(text).not.toContain(adminKey);
    }
  });

  test('or from files, without the last line break', () => {
    const file = path.join(folder, 'password');
    writeFileSync(file, 'p w\n');
    expect(
      good('', {
        SENTINEL_CLICKHOUSE_PASSWORD_FILE: file,
      }).vendorSecrets.SENTINEL_CLICKHOUSE_PASSWORD?.reveal(),
    ).toBe('p w');
  });

  test.each([
    [{ SENTINEL_ADMIN_KEY: 'short' }, /SENTINEL_ADMIN_KEY: expected sntl_<id>_<secret>/],
    [{ SENTINEL_ADMIN_KEY: '' }, /SENTINEL_ADMIN_KEY: is set but empty/],
    [{ SENTINEL_ADMIN_KEY: adminKey, SENTINEL_ADMIN_KEY_FILE: '/x' }, /not both/],
    [{ SENTINEL_ADMIN_KEY_FILE: '/nowhere/at/all' }, /SENTINEL_ADMIN_KEY_FILE: ENOENT/],
    [{ SENTINEL_POSTGRES_URL: 'mysql://hunter2@x/y' }, /SENTINEL_POSTGRES_URL: expected a URL/],
    [{ SENTINEL_POSTGRES_ULR: url }, /SENTINEL_POSTGRES_ULR: .*did you mean SENTINEL_POSTGRES_URL\?/],
  ])('that cannot be right are refused without repeating them (%j)', (env, expected) => {
    const [first = '', ...others] = problems('', env as Record<string, string>);
    expect(others).toEqual([]);
    expect(first).toMatch(expected);
    expect(first).not.toContain('hunter2');
  });

  test('have no place in the file', () => {
    expect(problems('clickhouse:\n  password: hunter2\n')[0]).toMatch(
      /:2: clickhouse\.password: .*environment only.*SENTINEL_CLICKHOUSE_PASSWORD/,
    );
    for (const bad of [url, 'postgres//sentinel:hunter2@db/x', 'http://u:hunter2@x']) {
      const [first = ''] = problems(`postgres:\n  url: ${bad}\n`);
      expect(first).toContain('sentinel.yaml:2: postgres.url:');
      expect(first).not.toContain('hunter2');
    }
  });

  test('other variables are left alone', () => {
    expect(problems('', { SENTINEL_SETUP_NEEDS_MB: '1', PATH: '/bin', SENTINEL_URL: 'x' })).toEqual([]);
  });
});
