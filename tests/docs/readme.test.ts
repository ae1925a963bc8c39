// What the README shows works: configuration, commands, events, and the Collector's file.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { CliDeps } from '../../cli/deps.ts';
import { createProgram } from '../../cli/program.ts';
import { parseSettings } from '../../config/load.ts';
import { describeProblem } from '../../config/problems.ts';
import { eventSchemas } from '../../ingest/events/schema.ts';
import { defaultLimits } from '../../ingest/limits.ts';

const root = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

function block(language: string, containing: string): string {
  const blocks = [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text]) => text ?? '',
  );
  const found = blocks.find((text) => text.includes(containing));
  if (found === undefined) throw new Error(`README.md has no ${language} block with ${containing}`);
  return found;
}

test('the first policy is a good sentinel.yaml', () => {
  const parsed = parseSettings(block('yaml', 'policy:'), 'README.md');
  expect(parsed.ok ? [] : parsed.problems.map(describeProblem)).toEqual([]);
  expect(parsed).toMatchObject({ settings: { policy: { byRisk: { high: { quorum: 2 } } } } });
});

test('the Collector sends to the port that Sentinel listens on, unless configured otherwise', () => {
  const collector = parse(block('yaml', 'otlphttp/sentinel')) as {
    exporters: Record<string, { endpoint: string }>;
  };
  const defaults = parseSettings('', 'sentinel.yaml');
  expect(defaults.ok && `http://${defaults.settings.server.host}:${defaults.settings.server.port}`).toBe(
    collector.exporters['otlphttp/sentinel']?.endpoint,
  );
});

test('the event is accepted', () => {
  const json = /-d '\n?\s*(\{[\s\S]*?\})'/.exec(block('sh', '/api/v1/events'))?.[1] ?? '';
  expect(eventSchemas(defaultLimits).batch.safeParse(JSON.parse(json)).success).toBe(true);
});

test('every command exists', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm (?:run )?(start|test|(?<=run )\w+)/g)].map(([, name]) => name ?? '');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const deps = {
    stdout: { write: () => {} },
    stderr: { write: () => {} },
    env: {},
    loadConfig: () => ({ ok: false, problems: [] }),
    untilSignal: async () => '',
  } satisfies CliDeps;
  const program = createProgram(deps);
  const used = [...readme.matchAll(/npm run sentinel -- (\w+)/g)].map(([, name]) => name ?? '');
  expect(used.length).toBeGreaterThan(3);
  expect(used.filter((name) => program.commands.every((command) => command.name() !== name))).toEqual([]);
});
