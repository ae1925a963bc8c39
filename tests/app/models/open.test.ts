/** From the configuration to the models that are asked: order, keys, addresses, budgets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openModels } from '../../../app/models/open.ts';
import { type ModelServer, startModelServer } from '../../../bench/support/model-server/server.ts';
import { type Config, loadConfig } from '../../../config/load.ts';
import { describeProblem } from '../../../config/problems.ts';
import { here } from '../../cli/run-sentinel.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-models-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string, env: Record<string, string> = {}) {
  const cwd = mkdtempSync(path.join(folder, 'case-'));
  writeFileSync(path.join(cwd, 'sentinel.yaml'), yaml);
  return loadConfig({ env, cwd });
}

function good(yaml: string, env: Record<string, string> = {}): Config {
  const loaded = load(yaml, env);
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.config;
}

const turns = { reserve: () => Promise.reject(new Error('not asked')), finish: async () => {} };

async function open(config: Config) {
  const passedOver: string[] = [];
  const deps = await openModels(config, turns, (name, variable) => passedOver.push(`${name} ${variable}`));
  return { deps, passedOver };
}

const two = `
model:
  providers:
    - { name: fast, type: groq, model: m1, usdPerMillionInputTokens: 0.15, usdPerMillionOutputTokens: 0.6 }
    - { name: local, type: compatible, model: m2, baseUrl: "http://127.0.0.1:11434/v1/" }
  budgets: { usdPerIncident: 0.25, usdPerHour: 2 }
`;

describe('models', () => {
  test('there are none by default, whatever keys are set', async () => {
    const { deps } = await open(good('', { SENTINEL_GROQ_API_KEY: 'gsk' }));
    expect(deps).toBeNull();
  });

  test('come in their order, with prices and budgets in millionths of a dollar', async () => {
    const { deps, passedOver } = await open(good(two, { SENTINEL_GROQ_API_KEY: 'gsk' }));
    expect(passedOver).toEqual([]);
    expect(deps?.models.map(({ name, model, prices }) => [name, model, prices])).toEqual([
      ['fast', 'm1', { input: 0.15, output: 0.6 }],
      ['local', 'm2', { input: 0, output: 0 }],
    ]);
    expect(deps?.budgets).toMatchObject({ microdollarsPerIncident: 250_000, microdollarsPerHour: 2_000_000 });
  });

  test('without their key are passed over, and named', async () => {
    const { deps, passedOver } = await open(good(two));
    expect(deps?.models.map(({ name }) => name)).toEqual(['local']);
    expect(passedOver).toEqual(['fast SENTINEL_GROQ_API_KEY']);
  });

  test.each([
    ['sendApiKey: true', 'Bearer the-model-key'],
    ['sendApiKey: false', undefined],
  ])('of a server of that protocol get the key as configured: %s', async (setting, header) => {
    const server: ModelServer = await startModelServer();
    const yaml = `model: { providers: [{ name: l, type: compatible, model: m, baseUrl: "${server.url}/", ${setting} }] }`;
    const { deps } = await open(good(yaml, { SENTINEL_MODEL_API_KEY: 'the-model-key' }));
    const reply = await deps?.models[0]?.ask({ system: 's', prompt: 'p', maxOutputTokens: 200 });
    await server.stop();
    expect(reply?.kind).toBe('answer');
    expect(server.requests[0]).toMatchObject({ path: '/v1/chat/completions' });
    expect(server.requests[0]?.headers.authorization).toBe(header);
  });
});

describe('a configuration', () => {
  const provider = (fields: string) => `model: { providers: [{ name: a, model: m, ${fields} }] }`;
  test.each([
    [provider('type: compatible'), /baseUrl/],
    [provider('type: compatible, baseUrl: "ftp://x/v1"'), /http:\/\/ or https:\/\//],
    [provider('type: compatible, baseUrl: "http://u:p@x/v1"'), /contains a password/],
    [provider('type: mistral'), /type/],
    [provider('type: groq, apiKey: gsk_1'), /apiKey/],
    [provider('type: groq, timeout: 10m'), /duration from 1s to 2m/],
    [provider('type: groq }, { name: a, type: openai, model: m'), /used twice/],
  ])('that is wrong is refused: %s', (yaml, problem) => {
    const loaded = load(yaml);
    expect(loaded.ok ? [] : loaded.problems.map(describeProblem).join('\n')).toMatch(problem);
  });

  test('with a key that cannot be one is refused, without repeating it', () => {
    const loaded = load('', { SENTINEL_OPENAI_API_KEY: 'two words' });
    const said = loaded.ok ? '' : loaded.problems.map(describeProblem).join('\n');
    expect(said).toContain('SENTINEL_OPENAI_API_KEY');
    expect(said).not.toContain('two words');
  });
});

test('doctor says which model has no key, which server is away, and asks neither anything', async () => {
  const server = await startModelServer();
  const cwd = mkdtempSync(path.join(folder, 'doctor-'));
  const yaml = `
model:
  providers:
    - { name: fast, type: groq, model: m1 }
    - { name: near, type: compatible, model: m2, baseUrl: "${server.url}" }
    - { name: away, type: compatible, model: m3, baseUrl: "http://127.0.0.1:9/v1" }
`;
  writeFileSync(path.join(cwd, 'sentinel.yaml'), yaml);
  const { stdout } = await here(['doctor', '--json'], { cwd, env: {} });
  await server.stop();
  const { findings } = JSON.parse(stdout) as { findings: { name: string; status: string; detail: string }[] };
  const ours = findings.filter(({ name }) => name.startsWith('Language model'));
  expect(ours.map(({ name, status }) => [name, status])).toEqual([
    ['Language model fast', 'warning'],
    ['Language model near', 'ok'],
    ['Language model away', 'warning'],
  ]);
  expect(ours[0]?.detail).toBe('SENTINEL_GROQ_API_KEY is not set');
  expect(server.requests).toEqual([]);
});
