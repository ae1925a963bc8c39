// `sentinel dashboard`: an address that opens the dashboard, logged in with the key of the command line.

import type { Command } from 'commander';
import { toUrlId } from '../../api/incident-id.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';

export function registerDashboard(program: Command, deps: CliDeps): void {
  apiCommand(program, 'dashboard [incident]', 'print a one-time login link for the dashboard').action(
    async (incident: string | undefined, flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const path = incident === undefined ? '/' : `/incidents/${encodeURIComponent(toUrlId(incident))}`;
      const answer = await api.post<{ url: string }>('/api/v1/login-link', { path });
      out.answer(answer, () => [answer.url]);
    },
  );
}
