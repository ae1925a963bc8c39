// `sentinel config`: check the file, show what it comes to, print its schema for editors.

import type { Command } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { describeProblem } from '../../config/problems.ts';
import { configJsonSchema } from '../../config/schema.ts';
import { configWarnings } from '../../config/warnings.ts';
import { jsonCommand, localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';

type Flags = { readonly config?: string; readonly json?: boolean };

export function registerConfig(program: Command, deps: CliDeps): void {
  const config = program.command('config').description('the configuration file');

  localCommand(config, 'check [file]', 'validate the configuration').action(
    (file: string | undefined, flags: Flags) => {
      const out = createOutput(deps, flags.json === true);
      const loaded = deps.loadConfig(file ?? flags.config);
      if (loaded.ok) {
        const { file: from } = loaded.config;
        const warnings = configWarnings(loaded.config);
        out.answer({ ok: true, file: from, problems: [], warnings }, () => [
          from === null ? 'No sentinel.yaml here: using the defaults.' : `${from} is valid.`,
          ...warnings.map((warning) => `warning: ${describeProblem(warning)}`),
        ]);
        return;
      }
      const { problems } = loaded;
      out.answer({ ok: false, problems }, () => problems.map(describeProblem));
      throw new ExitError(exitCodes.failed, `${problems.length} problem${problems.length === 1 ? '' : 's'}.`);
    },
  );

  localCommand(
    config,
    'show',
    'the configuration with every default filled in, durations in milliseconds',
  ).action((flags: Flags) => {
    const loaded = deps.loadConfig(flags.config);
    if (!loaded.ok) {
      const lines = loaded.problems.map(describeProblem).join('\n');
      throw new ExitError(exitCodes.failed, lines, { problems: loaded.problems });
    }
    const out = createOutput(deps, flags.json === true);
    out.answer(loaded.config, () => JSON.stringify(loaded.config, null, 2).split('\n'));
  });

  jsonCommand(config, 'schema', 'JSON Schema of the file, for editors').action((flags: Flags) => {
    const out = createOutput(deps, flags.json === true);
    const schema = configJsonSchema();
    out.answer(schema, () => JSON.stringify(schema, null, 2).split('\n'));
  });
}
