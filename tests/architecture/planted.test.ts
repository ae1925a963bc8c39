/**
 * What another action costs: a file and a line; another executor, notifier, model, store or source: a folder and a line. One of each is
 * planted into a copy of the product, which has to type-check as it is, and has to know them.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Copy, copyOfProduct } from './planted.ts';

const actions = 'domain/remediation/actions';
const executorVendor = `
import { z } from 'zod';
import { warning } from '../../domain/doctor.ts';
import type { ExecutorVendor } from '../executor-vendor.ts';
import { createMockExecutor } from '../mock/executor.ts';

const settings = z.strictObject({ region: z.string().describe('Region of the cloud.') });

export const cloud: ExecutorVendor<typeof settings> = {
  typeMeans: 'A cloud.',
  about: 'Acts on a cloud.',
  settings,
  load: async () => ({
    create: ({ name, region }, { nowMs }) =>
      createMockExecutor({ name, services: [{ service: region, replicas: 1 }], nowMs }),
    doctor: async ({ name, region }) => warning(\`Executor \${name}\`, \`\${region} is cloudy\`, null),
  }),
};
`;
const notifierVendor = `
import { z } from 'zod';
import { ok } from '../../domain/doctor.ts';
import type { NotifierVendor } from '../channel-vendor.ts';

const settings = z.strictObject({ loft: z.string().describe('Where the pigeons live.') });

export const pigeon: NotifierVendor<typeof settings> = {
  about: 'Carrier pigeons.',
  settings,
  routing: { cooldown: '1h', severities: ['critical'] },
  secretFor: ({ loft }) => \`the password of \${loft}\`,
  clearText: () => ({ key: 'loft', what: 'every message' }),
  load: async () => ({
    create: ({ name, loft }) => ({
      name,
      title: \`pigeons of \${loft}\`,
      follows: 'moments',
      deliver: async () => ({ kind: 'retry', reason: 'hawks' }),
    }),
    doctor: async ({ name, loft }, secret) => ok(\`Notifier \${name}\`, \`\${loft} \${secret}\`),
  }),
};
`;
const modelVendor = `
import { z } from 'zod';
import { ok } from '../../domain/doctor.ts';
import type { ModelVendor } from '../model-vendor.ts';

const settings = z.strictObject({ temple: z.string().describe('Where it is asked.') });
const secrets = { offering: { variable: 'SENTINEL_DELPHI_OFFERING', about: 'What it takes.', needed: true } };

export const delphi: ModelVendor<typeof settings, typeof secrets> = {
  typeMeans: 'An oracle.',
  about: 'Asks an oracle.',
  settings,
  secrets,
  clearText: () => ({ key: 'temple', what: 'the question' }),
  load: async () => ({
    create: ({ name, model, prices, temple }, { offering }) => ({
      name,
      model: \`\${model} at \${temple}\`,
      prices,
      ask: async () => ({ kind: 'failed', reason: offering ?? '', paid: false }),
    }),
    doctor: async ({ name, temple }) => ok(\`Language model \${name}\`, temple),
  }),
};
`;
const storeVendor = `
import { z } from 'zod';
import { ok } from '../../domain/doctor.ts';
import type { HistoryVendor } from '../store-vendor.ts';
import { createHistory } from '../clickhouse/history.ts';

const settings = z.strictObject({ url: z.string().optional().describe('Where the shelves are.') });
const secrets = { key: { variable: 'SENTINEL_LIBRARY_KEY', about: 'Opens the library.' } };

export const library: HistoryVendor<typeof settings, typeof secrets> = {
  keeps: 'history',
  title: 'Library',
  about: 'Keeps history on shelves.',
  settings,
  secrets,
  isUsed: ({ url }) => url !== undefined,
  serverOf: ({ url }) => url,
  notShared: () => null,
  clearText: ({ url }) => (url === undefined ? null : { key: 'url', what: 'every book' }),
  load: async () => ({
    open: (_settings, { key }, folder) => ({ ...createHistory({ chdbPath: folder }), location: key ?? '' }),
    doctor: async ({ url }) => ok('Library', url ?? 'closed'),
  }),
};
`;
const monitorVendor = `
import { z } from 'zod';
import { ok } from '../../domain/doctor.ts';
import type { MonitorVendor } from '../monitor-vendor.ts';

const settings = z.strictObject({ sky: z.string().describe('Which sky it looks at.') });

export const weather: MonitorVendor<typeof settings> = {
  about: 'Watches the sky.',
  settings,
  secret: 'a key to the tower',
  clearText: () => null,
  load: async () => ({
    watch: ({ sky, name }, secret) => ({ read: async () => [], problem: () => [sky, name, secret].join(' ') }),
    doctor: async ({ name, sky, environments }) => ok(name, [sky, ...environments].join(' over ')),
  }),
};
`;
const letterSource = `
import { z } from 'zod';
import { hmacSha256, wrongWithSecrets } from '../../http/signatures.ts';
import { webhook } from '../webhook.ts';
import type { Source } from '../source.ts';

const settings = z
  .strictObject({ roost: z.string().default('tower').describe('Where letters are left.') })
  .prefault({});

const variable = 'SENTINEL_LETTERS_SECRETS';
export const letters: Source<typeof settings> = {
  settings,
  secret: { variable, about: 'What the wax is sealed with.', wrongWith: wrongWithSecrets },
  limits: 'events',
  below: ['/api/v1/letters'],
  ways: [
    webhook({
      route: 'letters',
      path: '/api/v1/letters',
      takes: 'letters',
      proof: {
        by: 'signature',
        variable,
        check: hmacSha256({ header: 'seal', signaturesIn: (value) => [value], encoding: 'hex' }),
      },
      read: ({ raw }, { settings: { roost } }) => ({ items: [], ignored: 'a greeting', more: { roost, raw } }),
    }),
  ],
};
`;
let copy: Copy;

function plant(list: string, before: string, vendor: string, text: string, at: string) {
  copy.write(`adapters/${vendor}/index.ts`, text);
  copy.insert(`adapters/${list}.ts`, before, `import { ${vendor} } from './${vendor}/index.ts';\n`);
  copy.insert(`adapters/${list}.ts`, at, `  ${vendor},\n`);
}

beforeAll(() => {
  copy = copyOfProduct();
  const model = copy.read(`${actions}/restart.ts`);
  copy.write(`${actions}/reload.ts`, model.replace('const restart: Action', 'const reload: Action'));
  copy.insert(`${actions}/index.ts`, 'import { restart }', "import { reload } from './reload.ts';\n");
  copy.insert(`${actions}/index.ts`, '  restart,\n', '  reload,\n');
  plant('executors', 'import { lab }', 'cloud', executorVendor, '  lab,\n');
  plant('channels', 'import { webhook }', 'pigeon', notifierVendor, '  webhook,\n');
  plant('models', 'import { openai }', 'delphi', modelVendor, '  openai,\n');
  plant('stores', 'import { postgres }', 'library', storeVendor, '  clickhouse,\n');
  plant('monitors', 'import { prometheus }', 'weather', monitorVendor, '  prometheus,\n');
  const sources = 'ingest/sources';
  copy.write(`${sources}/letters/index.ts`, letterSource);
  copy.insert(`${sources}/index.ts`, 'import { otlp }', "import { letters } from './letters/index.ts';\n");
  copy.insert(`${sources}/index.ts`, '  alertmanager,\n', '  letters,\n');
});
afterAll(() => copy.remove());

test('nothing else has to be written for them to type-check, and what does not fit is found', async () => {
  const model = copy.read(`${actions}/reload.ts`);
  copy.write(`${actions}/unfit.ts`, model.replace("inverse: 'nothing-to-undo'", "inverse: 'never'"));
  const errors = (await copy.typeErrors()).split('\n').filter((line) => /^\S/.test(line));
  expect(errors.map((line) => line.replace(/\(.*/, ''))).toEqual([`${actions}/unfit.ts`]);
});

test('runbook, policy and API know the action, and nothing that is not in the index', async () => {
  const known = await copy.evaluate(`
    import { runbookConfigSchema } from './domain/remediation/runbook.ts';
    import { policyConfigSchema } from './domain/policy/config.ts';
    import { actionId } from './api/schemas/plan.ts';
    console.log(JSON.stringify(['reload', 'reboot'].map((action) => [
      runbookConfigSchema.safeParse({ hang: { candidates: [{ action }] } }).success,
      policyConfigSchema.safeParse({ deny: [{ name: 'never', actions: [action] }] }).success,
      actionId.safeParse(action).success,
    ])));
  `);
  expect(known).toEqual([
    [true, true, true],
    [false, false, false],
  ]);
});

test('configuration, runtime and doctor know the executor, and its keys', async () => {
  const known = await copy.evaluate(`
    import { executorsSchema } from './config/sections/executors.ts';
    import { createExecutors, partsOf } from './app/executors.ts';
    const given = { type: 'cloud', name: 'sky', environments: ['production'], region: 'eu' };
    const [config] = executorsSchema.parse([given]);
    const executors = await createExecutors([config], () => 0, { describe: (state) => state, gives: () => false });
    const [executor] = executors.forEnvironment('production');
    const targets = await executor.observe('production');
    const misspelt = executorsSchema.safeParse([{ ...given, regoin: 'eu' }]);
    const { detail } = await (await partsOf(config)).doctor(config);
    console.log(JSON.stringify([executor.name, targets[0].target.service, detail, misspelt.success]));
  `);
  expect(known).toEqual(['sky', 'eu', 'eu is cloudy', false]);
});

test('configuration, runtime and doctor know what is asked, its keys and its secret', async () => {
  const known = await copy.evaluate(`
    import { watchedMonitors, monitorChecks } from './app/monitors.ts';
    import { parseSettings } from './config/load.ts';
    const parse = (sky) => parseSettings('ingest: { weather: [{ name: vane, ' + sky + ': north }] }', 'sentinel.yaml');
    const monitorSecrets = { SENTINEL_WEATHER_VANE: { reveal: () => 'hush' } };
    const config = { ...parse('sky').settings, monitorSecrets };
    const [watched] = await watchedMonitors(config, () => 0);
    const [check] = monitorChecks(config);
    console.log(JSON.stringify([watched.name, watched.problem(), (await check()).detail, parse('sea').ok]));
  `);
  expect(known).toEqual(['weather/vane', 'north vane hush', 'north over production', false]);
});

const vendors = `
notifiers: [{ type: pigeon, name: roof, loft: attic }]
model: { providers: [{ type: delphi, name: pythia, model: vapour, temple: delphi }] }
library: { url: "http://shelves" }
clickhouse: { enabled: false }
`;

test('configuration, runtime and doctor know the notifier, the model and the store, their keys and their secrets', async () => {
  const known = await copy.evaluate(`
    import { mkdtempSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    import { createNotifiers } from './app/notifications/notifiers.ts';
    import { openModels } from './app/models/open.ts';
    import { openHistory } from './app/stores.ts';
    import { ownParts } from './app/inventory/own-parts.ts';
    import { standardChecks } from './cli/doctor/checks.ts';
    import { loadConfig } from './config/load.ts';
    import { renderReference } from './config/reference.ts';
    import { configWarnings } from './config/warnings.ts';
    const load = (yaml, env = {}) => {
      const cwd = mkdtempSync(join(process.cwd(), 'case-'));
      writeFileSync(join(cwd, 'sentinel.yaml'), yaml);
      return loadConfig({ cwd, env });
    };
    const env = { SENTINEL_NOTIFIER_ROOF: 'seed', SENTINEL_DELPHI_OFFERING: 'goat', SENTINEL_LIBRARY_KEY: 'k' };
    const { config } = load(${JSON.stringify(vendors)}, env);
    const lacking = load(${JSON.stringify(vendors)}).config;
    const both = load(${JSON.stringify(vendors.replace('enabled: false', 'enabled: true'))}, env).config;
    const refused = (promise) => promise.then(() => null, (error) => error.message);
    const platform = { config, clock: { nowMs: () => 0 }, log: {} };
    const [{ channel, route }] = await createNotifiers(platform);
    const findings = async (of) => {
      const all = await Promise.all(standardChecks(of).map((check) => check()));
      return all.filter(({ name }) => /roof|pythia|Library/.test(name)).map(({ name, status, detail }) => [name, status, detail]);
    };
    const models = await openModels(config, {}, () => {});
    const history = await openHistory(config);
    const surroundings = { hostname: 'h', containers: '', namespace: null };
    const passedOver = [];
    await openModels(lacking, {}, (name, variable) => passedOver.push(name, variable));
    const reference = renderReference();
    console.log(JSON.stringify({
      channel: [channel.title, route.cooldownMs],
      model: models.models[0].model,
      history: [history.name, history.store.location],
      own: ownParts(config, surroundings).filter(({ is }) => is === 'its Library').map(({ name }) => name),
      found: await findings(config),
      lacking: [...await findings(lacking), passedOver, await refused(createNotifiers({ ...platform, config: lacking }))],
      both: await refused(openHistory(both)),
      told: configWarnings(config).map(({ path }) => path),
      misspelt: [
        ...[['notifiers', 'loft: attic', 'lofft: attic'], ['model', 'temple:', 'tempel:'], ['library', '{ url', '{ ulr']]
          .map(([, from, to]) => load(${JSON.stringify(vendors)}.replace(from, to), env).ok),
        load('', { SENTINEL_DELPHI_OFERING: 'goat' }).ok,
      ],
      documented: ['SENTINEL_DELPHI_OFFERING', 'SENTINEL_LIBRARY_KEY', 'notifiers[pigeon].loft', 'Keeps history on shelves.', 'Asks an oracle.']
        .filter((text) => !reference.includes(text)),
    }));
  `);
  expect(known).toEqual({
    channel: ['pigeons of attic', 3_600_000],
    model: 'vapour at delphi',
    history: ['library', 'k'],
    own: ['shelves'],
    found: [
      ['Library', 'ok', 'http://shelves'],
      ['Language model pythia', 'ok', 'delphi'],
      ['Notifier roof', 'ok', 'attic seed'],
    ],
    lacking: [
      ['Library', 'ok', 'http://shelves'],
      ['Language model pythia', 'warning', 'SENTINEL_DELPHI_OFFERING is not set'],
      ['Notifier roof', 'missing', 'lacks the password of attic'],
      ['pythia', 'SENTINEL_DELPHI_OFFERING'],
      'The notifier "roof" needs the password of attic: set SENTINEL_NOTIFIER_ROOF in the environment.',
    ],
    both: 'History is kept in one store, and library and clickhouse are configured: leave one of them out, or disable it.',
    told: ['library.url', 'notifiers[0].loft', 'model.providers[0].temple'],
    misspelt: [false, false, false, false],
    documented: [],
  });
});

test('router, limits, configuration, secrets and documentation know the source', async () => {
  const known = await copy.evaluate(`
    import { createHmac } from 'node:crypto';
    import { mkdtempSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    import { loadConfig } from './config/load.ts';
    import { renderReference } from './config/reference.ts';
    import { createIngestApp, isForIngest, limitClassOf } from './ingest/http.ts';
    import { defaultLimits } from './ingest/limits.ts';
    import { ownOfSources, ways } from './ingest/sources/index.ts';
    const load = (ingest, env = {}) => {
      const cwd = mkdtempSync(join(process.cwd(), 'case-'));
      writeFileSync(join(cwd, 'sentinel.yaml'), JSON.stringify({ ingest }));
      return loadConfig({ cwd, env });
    };
    const secret = 'beeswax-and-cinnabar';
    const { config } = load({ letters: { roost: 'attic' } }, { SENTINEL_LETTERS_SECRETS: secret });
    const app = createIngestApp({
      clock: { nowMs: () => 0 },
      metrics: { count: () => {} },
      log: { error: console.error },
      limits: defaultLimits,
      sources: ownOfSources(config.ingest, (variable) => config.vendorSecrets[variable]?.reveal() ?? null),
    });
    const at = (path) => new Request('http://sentinel' + path, {
      method: 'POST',
      body: '1',
      headers: { 'content-type': 'application/json', seal: createHmac('sha256', secret).update('1').digest('hex') },
    });
    const answer = await app.request(at('/api/v1/letters'));
    const misspelt = await (await app.request(at('/api/v1/letters/in'))).json();
    console.log(JSON.stringify([
      answer.status,
      await answer.json(),
      misspelt.detail.includes('/api/v1/letters'),
      isForIngest(at('/api/v1/letters/in')),
      limitClassOf(at('/api/v1/letters')),
      load({ letters: { rooost: 'attic' } }).ok,
      load({}, { SENTINEL_LETTERS_SECRETS: 'short' }).ok,
      renderReference().includes('Where letters are left.'),
      renderReference().includes('What the wax is sealed with.'),
      ways.some(({ path, source }) => path === '/api/v1/letters' && source === 'letters'),
    ]));
  `);
  const said = { accepted: 0, duplicates: 0, refused: [], ignored: 'a greeting', roost: 'attic', raw: 1 };
  expect(known).toEqual([202, said, true, true, 'events', false, false, true, true, true]);
});
