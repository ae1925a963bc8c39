// Every command line that the documents show is one that Sentinel takes: the command, its subcommand and its options exist.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { registerDemo } from '../../cli/demo.ts';
import { registerLab } from '../../cli/lab.ts';
import { createProgram } from '../../cli/program.ts';

const root = path.resolve(import.meta.dirname, '../..');
const documents = [
  ...['README.md', 'SECURITY.md', 'RELEASE.md', 'CONTRIBUTING.md', 'lab/README.md'],
  ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

const program = createProgram({
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  env: {},
  loadConfig: () => ({ ok: false, problems: [] }),
  untilSignal: async () => '',
  start: async () => {
    throw new Error('nothing is started here');
  },
  agent: { load: () => ({ ok: false, problems: [] }), run: async () => {}, check: async () => [] },
  extensions: [registerDemo, registerLab],
});

/** What stands after `sentinel` in code: in shell blocks, and in code spans. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    (block ?? '').replaceAll(/\\\n\s*/g, '').split('\n'),
  );
  const spans = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, span]) =>
    (span ?? '').replaceAll(/\s+/g, ' '),
  );
  const start =
    /^(?:docker (?:compose )?exec \S+ |npm run (?:--silent )?)?(?:sentinel (?:-- )?|(?=lab -- |demo$))/;
  return [...blocks, ...spans]
    .filter((line) => start.test(line))
    .map((line) =>
      line
        .replace(/ +#.*$/, '')
        .replace(/ [|>] .*$/, '')
        .replace(start, '')
        .replace(/^lab -- /, 'lab '),
    )
    .filter((line) => line !== '');
}

/** What is wrong with a command line; null when nothing is. */
function problemWith(line: string): string | null {
  const words = line.split(/\s+/);
  let command: Command = program;
  for (let word = words[0]; word !== undefined && command.commands.length > 0; word = words[0]) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) return word.startsWith('-') ? null : `no command "${word}"`;
    command = next;
    words.shift();
  }
  const known = new Set([...command.options, ...program.options].flatMap(({ long, short }) => [long, short]));
  const unknown = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0]);
  const wrong = unknown.find((option) => !known.has(option) && option !== '--help');
  return wrong === undefined ? null : `no option "${wrong}"`;
}

describe('command lines', () => {
  test.each(documents)('of %s', (name) => {
    const lines = commandLines(readFileSync(path.join(root, name), 'utf8'));
    const problems = lines.map((line) => ({ line, problem: problemWith(line) }));
    expect(problems.filter(({ problem }) => problem !== null)).toEqual([]);
  });

  test('are found where they stand', () => {
    const found = commandLines(readFileSync(path.join(root, 'README.md'), 'utf8'));
    expect(found).toContain('doctor');
    expect(found).toContain('start --role api|worker|ingest');
  });

  test('that do not exist are noticed', () => {
    expect(problemWith('key make NAME')).toBe('no command "make"');
    expect(problemWith('key create NAME --rule ingest')).toBe('no option "--rule"');
    expect(problemWith('key create NAME --role ingest')).toBeNull();
  });
});
