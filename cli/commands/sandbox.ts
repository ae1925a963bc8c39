// `sentinel sandbox`: what clean-ups of a sandbox on this machine still keep in its trash, and putting it back.

import type { Command } from 'commander';
import { restorable, restoreBatch } from '../../adapters/host/restore.ts';
import { withFolders } from '../../adapters/host/sandbox.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { describeProblem } from '../../config/problems.ts';
import { localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';
import { clean } from '../terminal/text.ts';

type Flags = { readonly config?: string; readonly json?: boolean };

export function registerSandbox(program: Command, deps: CliDeps): void {
  const sandbox = program
    .command('sandbox')
    .description('what was cleaned from the sandboxes of this machine');

  localCommand(sandbox, 'list <executor>', 'clean-ups whose files can be put back').action(
    async (executor: string, flags: Flags) => {
      const items = await eachFolder(deps, flags, executor, (opened, folder) =>
        restorable(opened).map(({ name, bytes, atMs }) => ({
          folder,
          cleanUp: name,
          bytes,
          at: new Date(atMs).toISOString(),
        })),
      );
      createOutput(deps, flags.json === true).answer({ items: items.flat() }, () =>
        items.flat().length === 0
          ? ['Nothing can be put back.']
          : items
              .flat()
              .map(({ folder, cleanUp, bytes, at }) => `${cleanUp}  ${at}  ${bytes} bytes  ${clean(folder)}`),
      );
    },
  );

  localCommand(
    sandbox,
    'put-back <executor> <clean-up>',
    'put the files of a clean-up back where they were',
  ).action(async (executor: string, cleanUp: string, flags: Flags) => {
    const answers = await eachFolder(deps, flags, executor, (opened) =>
      restorable(opened).some(({ name }) => name === cleanUp) ? [restoreBatch(opened, cleanUp)] : [],
    );
    const all = answers.flat();
    if (all.length === 0)
      throw new ExitError(
        exitCodes.failed,
        `The trash has no files of ${cleanUp}; "sentinel sandbox list ${executor}" shows what can be put back.`,
      );
    const restored = all.reduce((sum, one) => sum + one.restored, 0);
    const inTheWay = all.flatMap((one) => one.inTheWay);
    const gone = all.reduce((sum, one) => sum + one.gone, 0);
    createOutput(deps, flags.json === true).answer({ restored, inTheWay, gone }, () => [
      `${restored} files are back.`,
      ...inTheWay.map((path) => `${clean(path)} stays in the trash: something else has its name.`),
      ...(gone === 0 ? [] : [`${gone} files are gone for good: the trash had no room for them.`]),
    ]);
  });
}

async function eachFolder<T>(
  deps: CliDeps,
  { config }: Flags,
  executor: string,
  use: (opened: Parameters<typeof restorable>[0], folder: string) => T,
): Promise<readonly T[]> {
  const loaded = deps.loadConfig(config);
  if (!loaded.ok) {
    const lines = loaded.problems.map(describeProblem).join('\n');
    throw new ExitError(exitCodes.failed, lines, { problems: loaded.problems });
  }
  const found = loaded.config.executors.find(({ name, type }) => name === executor && type === 'host');
  if (found === undefined || found.type !== 'host')
    throw new ExitError(exitCodes.failed, `The configuration has no executor "${executor}" of type host.`);
  return withFolders(found.folders, (opened) =>
    opened.map((one, index) => use(one, found.folders[index] ?? '')),
  );
}
