// Any text gives settings or problems; what is generated from the schema is always settings.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseDuration } from '../../config/duration.ts';
import { parseSettings } from '../../config/load.ts';
import { configJsonSchema } from '../../config/schema.ts';
import { closest, knownKeys } from '../../config/suggest.ts';

function outcome(text: string): 'settings' | 'problems' {
  const parsed = parseSettings(text, 'x.yaml');
  if (parsed.ok) return 'settings';
  expect(parsed.problems.length).toBeGreaterThan(0);
  for (const { message, line } of parsed.problems) {
    expect(message).not.toBe('');
    if (line !== null) expect(line).toBeGreaterThan(0);
  }
  return 'problems';
}

const yamlish = fc.array(
  fc.oneof(
    fc.constantFrom(
      'server',
      'policy',
      'executors',
      ':',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '&a ',
      '*a',
      '!!js/function ',
      '? ',
      '|',
      '>',
      '#',
      '%YAML',
      '---',
      '...',
      '\t',
      '<<: ',
      '__proto__',
      'null',
      '~',
      '1e999',
      '.nan',
    ),
    fc.string({ maxLength: 5 }),
  ),
  { maxLength: 40 },
);

test('any text gives settings or problems, never a throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        yamlish.map((parts) => parts.join('')),
      ),
      (text) => {
        expect(['settings', 'problems']).toContain(outcome(text));
      },
    ),
    { numRuns: 2000 },
  );
});

test('any structure under any known section gives settings or problems', () => {
  const sections = knownKeys(configJsonSchema(), []);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...sections), fc.jsonValue()), (value) => {
      expect(['settings', 'problems']).toContain(outcome(stringify(value)));
    }),
    { numRuns: 500 },
  );
});

test('one wrong letter in any top-level key is refused with the key that was meant', () => {
  const sections = knownKeys(configJsonSchema(), []);
  fc.assert(
    fc.property(fc.constantFrom(...sections), fc.nat(), (section, position) => {
      const at = position % section.length;
      const misspelt = `${section.slice(0, at)}${section.slice(at + 1)}`;
      const parsed = parseSettings(`${misspelt}: {}`, 'x.yaml');
      expect(parsed).toMatchObject({
        ok: false,
        problems: [{ line: 1, message: `unknown key; did you mean "${section}"?` }],
      });
    }),
  );
});

test('durations: the unit scales, anything else is null', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (amount) => {
      expect(parseDuration(`${amount}s`)).toBe(amount * 1000);
      expect(parseDuration(`${amount}ms`)).toBe(amount);
      expect(parseDuration(`${amount}m`)).toBe(parseDuration(`${amount * 60}s`));
    }),
  );
  for (const text of ['', '5', 's', '-5s', '5 s', '5S', '1e3s', '5sec', '.5s', '5.s', '٣s'])
    expect(parseDuration(text)).toBeNull();
});

test('the closest word is a candidate, and only when it is close', () => {
  expect(closest('hosst', ['host', 'port'])).toBe('host');
  expect(closest('zzzzz', ['host', 'port'])).toBeNull();
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (word, candidates) => {
      const found = closest(word, candidates);
      if (found !== null) expect(candidates).toContain(found);
    }),
  );
});
