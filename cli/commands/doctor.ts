// `sentinel doctor`: what is reachable, what is missing, and what to do about each.

import type { Command } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import type { Finding } from '../../domain/doctor.ts';
import { localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { configurationCheck, standardChecks } from '../doctor/checks.ts';
import { createOutput } from '../output.ts';
import { clean, type Paint, type Style } from '../terminal/text.ts';

export function registerDoctor(program: Command, deps: CliDeps): void {
  localCommand(program, 'doctor', 'check dependencies and configuration').action(
    async (flags: { config?: string; json?: boolean }) => {
      const out = createOutput(deps, flags.json === true);
      const loaded = deps.loadConfig(flags.config);
      const checks = loaded.ok
        ? [...standardChecks(loaded.config), ...(deps.moreChecks?.(loaded.config) ?? [])]
        : [];
      const findings = [configurationCheck(loaded), ...(await Promise.all(checks.map((check) => check())))];
      const missing = findings.filter(({ status }) => status === 'missing');
      out.answer({ ok: missing.length === 0, findings }, () =>
        findings.flatMap((finding) => findingLines(finding, out.paint)),
      );
      if (missing.length > 0) {
        const names = missing.map(({ name }) => name);
        throw new ExitError(exitCodes.failed, `Missing: ${names.join(', ')}.`, { missing: names });
      }
    },
  );
}

export function findingLines({ name, status, detail, advice }: Finding, paint: Paint): string[] {
  const marks: Record<Finding['status'], [Style, string]> = {
    ok: ['green', 'ok     '],
    warning: ['yellow', 'note   '],
    missing: ['red', 'MISSING'],
  };
  const [style, mark] = marks[status];
  const first = `${paint(style, mark)} ${name}: ${clean(detail)}`;
  return advice === null ? [first] : [first, `        → ${clean(advice)}`];
}
