// `sentinel mapping test`: what a mapping of `ingest.custom` makes of a sample.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { testMapping } from '../../app/mapping-test.ts';
import { describeProblem } from '../../config/problems.ts';
import { localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';
import { clean } from '../terminal/text.ts';

type Flags = { readonly file?: string; readonly config?: string; readonly json?: boolean };

export function registerMapping(program: Command, deps: CliDeps): void {
  const mapping = program.command('mapping').description('how JSON of any form becomes events');

  localCommand(mapping, 'test <names...>', 'try a mapping: NAME SAMPLE.json, or --file MAPPING SAMPLE.json')
    .option('--file <mapping>', 'a file with a JSONata expression, instead of one of ingest.custom')
    .action(async (names: readonly string[], flags: Flags) => {
      const out = createOutput(deps, flags.json === true);
      const [sample, name] = names.toReversed();
      if (sample === undefined || names.length !== (flags.file === undefined ? 2 : 1))
        throw new ExitError(
          exitCodes.usage,
          'name a webhook of ingest.custom and a sample, or --file and a sample',
        );
      const expression = flags.file === undefined ? configured(name ?? '', flags, deps) : read(flags.file);
      const result = await testMapping(expression, parsedSample(sample));
      out.answer(result, () => (result.ok ? lines(result.events) : failure(result)));
      if (!result.ok) throw new ExitError(exitCodes.failed, 'The sample becomes no event.');
    });
}

function lines(events: readonly unknown[]): string[] {
  return events.length === 0 ? ['The mapping makes no event of it.'] : events.map(shown);
}

function failure({
  problems,
  made,
}: {
  readonly problems: readonly string[];
  readonly made?: unknown;
}): string[] {
  return [...problems.map(clean), ...(made === undefined ? [] : ['The mapping makes:', shown(made)])];
}

function shown(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(clean).join('\n');
}

function configured(name: string, { config: file }: Flags, deps: CliDeps): string {
  const loaded = deps.loadConfig(file);
  if (!loaded.ok) throw new ExitError(exitCodes.failed, loaded.problems.map(describeProblem).join('\n'));
  const { custom } = loaded.config.ingest;
  const found = custom.find((one) => one.name === name);
  if (found !== undefined) return found.mapping;
  const known = custom.map((one) => one.name).join(', ');
  throw new ExitError(
    exitCodes.failed,
    `ingest.custom has no webhook ${clean(name)}. It has ${known === '' ? 'none' : known}.`,
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ExitError(
      exitCodes.failed,
      `${clean(file)} cannot be read (${clean((error as Error).message)})`,
    );
  }
}

function parsedSample(file: string): unknown {
  const text = read(file);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ExitError(exitCodes.failed, `${clean(file)} is not JSON (${clean((error as Error).message)})`);
  }
}
