/** docs/model.md: its configurations are accepted, its defaults, metrics and number of hostile ways are those of the code. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { metricTable } from '../../adapters/telemetry/metric-table.ts';
import { brokenModes, hostileModes } from '../../bench/support/model-server/behaviours.ts';
import { parseSettings } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/model.md'), 'utf8');

test('every example of a configuration is accepted', () => {
  const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml ?? '');
  expect(examples.length).toBeGreaterThan(1);
  for (const example of examples) {
    const parsed = parseSettings(example, 'docs/model.md');
    expect(parsed).toMatchObject({ ok: true });
    if (parsed.ok) expect(parsed.settings.model.providers.length).toBeGreaterThan(0);
  }
});

test('budgets and metrics are those of the code', () => {
  const { budgets, waitMs, providers } = configSchema.parse({}).model;
  expect(providers).toEqual([]);
  expect(text).toContain(`\`model.wait\` (${waitMs / 1_000} s)`);
  const shown = [...text.matchAll(/^\| `(\w+)` \| ([\d. ]+)/gm)].map(([, name, value]) => [
    name,
    Number(value?.replaceAll(' ', '')),
  ]);
  expect(Object.fromEntries(shown)).toEqual(budgets);
  const metrics = Object.keys(metricTable).filter((name) => name.startsWith('sentinel_model_'));
  expect(metrics.length).toBeGreaterThan(5);
  for (const name of metrics) expect(text).toContain(`\`${name}\``);
});

test('the bench is as wicked as it says', () => {
  expect(text).toContain(`in ${brokenModes.length + hostileModes.length} ways`);
});
