/** People of the configuration: their names, their doors, and what is said about a door that two of them claim. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, parseSettings } from '../../config/load.ts';
import { personEntries } from '../../config/sections/people.ts';
import { configWarnings } from '../../config/warnings.ts';

function entriesOf(yaml: string) {
  const parsed = parseSettings(yaml, 'sentinel.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  const { people, slack } = parsed.settings;
  return personEntries(people, slack?.users ?? {}, (user) => `slack:${user}`);
}

test('somebody with all their doors, and where they may decide', () => {
  const yaml = `people:
  ada:
    role: admin
    environments: ['eu-*']
    slack: [U0ADA, U1ADA]
    keys: [4f2a1c9d0e11]
`;
  expect(entriesOf(yaml)).toEqual([
    {
      name: 'ada',
      role: 'admin',
      reach: { environments: ['eu-*'], services: undefined },
      chat: ['slack:U0ADA', 'slack:U1ADA'],
      keys: ['4f2a1c9d0e11'],
    },
  ]);
});

test('slack.users still names people, also those whom `people` says more about', () => {
  const yaml = `people: { ada: { role: viewer, keys: [4f2a1c9d0e11] } }
slack: { channel: C0123, users: { U0ADA: { name: ada, role: admin }, U0BO: { name: bo, role: operator } } }
`;
  expect(entriesOf(yaml)).toEqual([
    { name: 'ada', role: 'viewer', chat: ['slack:U0ADA'], keys: ['4f2a1c9d0e11'] },
    { name: 'bo', role: 'operator', chat: ['slack:U0BO'], keys: [] },
  ]);
});

test.each([
  'people: { owner: { role: admin } }',
  'people: { Sentinel: { role: admin } }',
  'people: { "key:1/x": { role: admin } }',
  'people: { ada: { role: ingest } }',
  'people: { ada: { role: admin, slack: [ada] } }',
  'people: { ada: { role: admin, keys: ["sntl_4f2a_secret"] } }',
  'people: { ada: { role: admin, environments: [] } }',
])('%s is refused', (yaml) => {
  expect(parseSettings(yaml, 'sentinel.yaml')).toMatchObject({ ok: false });
});

test('config check names the older way, and doors that lead to nobody', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sentinel-people-'));
  try {
    await writeFile(
      `${folder}/sentinel.yaml`,
      `people: { ada: { role: admin, slack: [U0ADA] }, bo: { role: admin, slack: [U0ADA] } }
slack: { channel: C0123, users: { U0CY: { name: cy, role: operator } } }
`,
    );
    const loaded = loadConfig({ env: {}, cwd: folder });
    if (!loaded.ok) throw new Error('the file is not taken');
    expect(configWarnings(loaded.config)).toEqual([
      expect.objectContaining({ path: 'slack.users', message: expect.stringContaining('`people`') }),
      expect.objectContaining({
        path: 'people',
        message: 'U0ADA stands for ada and bo: it counts for none of them',
      }),
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['executors: [{ name: m, type: mock, environments: [e] }]', ['policy.byRisk.high']],
  [
    'executors: [{ name: m, type: mock, environments: [e] }]\npeople: { ada: { role: admin }, bo: { role: admin } }\npolicy: { environments: { e: { low: { approval: admin, quorum: 3 } } } }',
    ['policy.environments.e.low'],
  ],
  ['people: { ada: { role: admin } }', []],
  [
    'executors: [{ name: m, type: mock, environments: [e] }]\npeople: { ada: { role: admin }, bo: { role: admin } }\npolicy: { irreversible: { approval: admin, quorum: 3 } }',
    ['policy.irreversible'],
  ],
] as const)('config check names plans that nobody can approve: %s', async (yaml, expected) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sentinel-people-'));
  try {
    await writeFile(`${folder}/sentinel.yaml`, yaml);
    const loaded = loadConfig({ env: {}, cwd: folder });
    if (!loaded.ok) throw new Error('the file is not taken');
    expect(configWarnings(loaded.config).map((warning) => warning.path)).toEqual(expected);
  } finally {
    await rm(folder, { recursive: true });
  }
});
