// The agents that a server knows of, for `doctor`.

import { sql } from 'kysely';
import type { AgentLine } from '../../../activities/ports/agent-line.ts';
import { onServer } from '../database/open.ts';
import { agentSeen } from './line.ts';

export function agentsOfServer(url: string): Pick<AgentLine, 'seen'> {
  return {
    seen: (host) =>
      onServer(url, async (db) => {
        const { rows } = await sql<{
          found: string | null;
        }>`select to_regclass('agents')::text as found`.execute(db);
        return rows[0]?.found == null ? null : agentSeen(db, host);
      }),
  };
}
