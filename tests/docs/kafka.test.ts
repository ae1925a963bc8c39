// The records that docs/kafka.md shows are records Sentinel takes.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseSettings } from '../../config/load.ts';
import { poisonReasons } from '../../ingest/kafka/ports.ts';
import { recordSchemas } from '../../ingest/kafka/schema.ts';
import { defaultLimits } from '../../ingest/limits.ts';

const text = await readFile(join(import.meta.dirname, '../../docs/kafka.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';

test('every record of the example is taken, and every kind is among them', () => {
  const { observation } = recordSchemas(defaultLimits);
  const kinds = (JSON.parse(block('json')) as unknown[]).map((record) => observation.parse(record).kind);
  expect(kinds.toSorted()).toEqual(observation.options.map(({ shape }) => shape.kind.value).toSorted());
});

test('the configuration of the example is valid, with what it comments out', () => {
  const yaml = block('yaml').replaceAll('  # tls', '  tls').replaceAll('  # sasl', '  sasl');
  expect(parse(yaml)).toHaveProperty('kafka.sasl');
  expect(parseSettings(yaml, 'docs/kafka.md')).toMatchObject({ ok: true });
});

test("the Collector's topics of the example are a valid configuration", () => {
  const [, second = ''] = [...text.matchAll(/```yaml\n(# sentinel.yaml[\s\S]*?)```/g)].map(
    ([, yaml]) => yaml,
  );
  expect(parse(second).kafka.topics.telemetry).toHaveLength(3);
  expect(parseSettings(second, 'docs/kafka.md')).toMatchObject({ ok: true });
});

test('every reason for a dead letter is named', () => {
  for (const reason of poisonReasons) expect(text).toContain(`\`${reason}\``);
});
