// `sentinel audit`: who did what, and whether that record is whole.

import type { Command } from 'commander';
import type { AuditVerification } from '../../api/ports/audit.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';

export function registerAudit(program: Command, deps: CliDeps): void {
  const audit = program.command('audit').description('the audit log');

  apiCommand(audit, 'verify', 'check that no entry was changed, removed or inserted').action(
    async (flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const found = await api.get<AuditVerification>('/api/v1/audit/verification');
      if (found.ok) return out.answer(found, () => [`The audit log is intact: ${found.checked} entries.`]);
      const { brokenSeq, checked, what } = found;
      throw new ExitError(
        exitCodes.failed,
        `The audit log is broken at entry ${brokenSeq}: ${what}. The ${checked} entries linked before it are intact. Compare with a backup.`,
        found,
      );
    },
  );
}
