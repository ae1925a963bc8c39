// The audit of a server that no Sentinel of this process works with, for `doctor`.

import { sql } from 'kysely';
import type { AuditProgress } from '../../../api/ports/audit.ts';
import { ownershipProblem } from '../database/application-role.ts';
import { onServer } from '../database/open.ts';
import { createAuditChain } from './chain.ts';

/** The next links of a server's audit, and whether this role could rewrite them; null when no Sentinel has been there yet. */
export async function auditOfServer(url: string, most: number): Promise<AuditOfServer | null> {
  return onServer(url, async (db) => {
    const { rows } = await sql<{
      found: string | null;
    }>`select to_regclass('audit_check')::text as found`.execute(db);
    if (rows[0]?.found == null) return null;
    return { owner: await ownershipProblem(db), progress: await createAuditChain(db).verifyNext(most) };
  });
}

export type AuditOfServer = { readonly owner: string | null; readonly progress: AuditProgress };
