// `sentinel agent`: serves the Docker engine and the folders of this machine to a Sentinel elsewhere.

import type { Command } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import type { AgentConfig } from '../../config/agent.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';
import { findingLines } from './doctor.ts';

type Flags = { readonly config?: string; readonly json?: boolean };
type Agent = NonNullable<CliDeps['agent']>;

export function registerAgent(program: Command, deps: CliDeps, parts: Agent): void {
  const agent = program
    .command('agent')
    .description('serve the Docker engine and the folders of this machine to a Sentinel elsewhere');
  const fileOption = ['--config <file>', 'file of the agent (default: /etc/sentinel/agent.yaml)'] as const;

  agent
    .command('run')
    .description('run the agent until SIGINT or SIGTERM')
    .option(...fileOption)
    .action(async (flags: Flags) => {
      const config = loaded(parts, flags);
      const stopping = new AbortController();
      void deps.untilSignal().then(() => stopping.abort());
      try {
        await parts.run(config, stopping.signal);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'AgentRefused') throw error;
        throw new ExitError(exitCodes.refused, error.message);
      }
    });

  agent
    .command('check')
    .description('check the connection, the clock, and what the file of the agent names')
    .option('--json', 'answer in JSON')
    .option(...fileOption)
    .action(async (flags: Flags) => {
      const out = createOutput(deps, flags.json === true);
      const findings = await parts.check(loaded(parts, flags));
      const bad = findings.filter(({ status }) => status === 'missing');
      out.answer({ ok: bad.length === 0, findings }, () =>
        findings.flatMap((finding) => findingLines(finding, out.paint)),
      );
      if (bad.length > 0)
        throw new ExitError(exitCodes.failed, `Missing: ${bad.map(({ name }) => name).join(', ')}.`);
    });
}

function loaded({ load }: Agent, { config: file }: Flags): AgentConfig {
  const read = load(file);
  if (!read.ok) throw new ExitError(exitCodes.usage, read.problems.join('\n'), { problems: read.problems });
  return read.config;
}
