// ApprovalStore: the requests that workflows open, and where each stands. Deadlines are judged by the database's clock;
// the clock of the process that asks plays no part.

import { type Expression, type Kysely, sql } from 'kysely';
import type { ApprovalStore } from '../../activities/ports.ts';
import type { People } from '../../domain/policy/people.ts';
import { type Role, roles } from '../../domain/role.ts';
import { databaseNow, databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { judgeApprovals } from './gate/approvals.ts';
import { readVotes } from './gate/votes.ts';
import { storable } from './text.ts';

export function createApprovalStore(db: Kysely<Schema>, people: People): ApprovalStore {
  return {
    async open(request) {
      await db
        .insertInto('approval_requests')
        .values({
          incident_id: request.incidentId,
          plan_hash: request.planHash,
          role: asRole(request.role),
          quorum: request.quorum,
          requested_at_ms: databaseNow,
          deadline_ms: request.deadlineMs,
          round: request.round ?? 1,
          because: request.because === undefined ? null : storable(request.because),
          counts_from_ms: request.afresh === true ? databaseNow : 0,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['incident_id', 'plan_hash'])
            .doUpdateSet(({ ref }) => ({
              role: sql<Role>`case when ${rank(ref('approval_requests.role'))} > ${rank(ref('excluded.role'))}
                then approval_requests.role else excluded.role end`,
              quorum: sql<number>`greatest(approval_requests.quorum, excluded.quorum)`,
              requested_at_ms: databaseNow,
              deadline_ms: ref('excluded.deadline_ms'),
              round: ref('excluded.round'),
              because: ref('excluded.because'),
              counts_from_ms: sql<number>`greatest(approval_requests.counts_from_ms, excluded.counts_from_ms)`,
              resolution: null,
            }))
            .whereRef('approval_requests.round', '<', 'excluded.round'),
        )
        .execute();
    },

    async status(incidentId, planHash) {
      const request = await db
        .selectFrom('approval_requests')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .where('plan_hash', '=', planHash)
        .executeTakeFirst();
      if (request === undefined) return { kind: 'pending' };
      const votes = await readVotes(db, people, { incidentId, planHash });
      return judgeApprovals(request, votes, await databaseNowMs(db));
    },
  };
}

function rank(role: Expression<Role>) {
  return sql`array_position(${[...roles]}::text[], ${role})`;
}

function asRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new Error(`"${text}" is no role; roles are ${roles.join(', ')}`);
  return role;
}
