// Incidents that really wait for people. The worker is in this process and can be replaced; the API is
// `sentinel start --role api` and can be killed.

import { openDatabase } from '../../../adapters/postgres/index.ts';
import { policyConfigSchema } from '../../../domain/policy/config.ts';
import { createIncidentWorld, type IncidentWorld } from '../incident-world.ts';
import { slackPeople } from './people.ts';

export type ApprovalWorldOptions = {
  readonly databaseUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly quorum?: number;
};

export type Effect = { readonly environment: string; readonly action: string; readonly startedAtMs: number };

export type ApprovalWorld = Omit<IncidentWorld, 'database'> & {
  /** Every call that reached the executor, compensations too, in order. */
  readonly effects: readonly Effect[];
  /** Of the incident's approvals, by plan: how many decisions are stored. */
  decisionsOf(incidentId: string): Promise<number>;
  /** As if every pause after a failed notification, and every lease, were over. */
  hurryNotifications(): Promise<void>;
};

export async function createApprovalWorld(options: ApprovalWorldOptions): Promise<ApprovalWorld> {
  const { databaseUrl, temporal, quorum = 1 } = options;
  const database = await openDatabase({ url: databaseUrl });
  const effects: Effect[] = [];
  const ask = { approval: 'operator', quorum, deadlineMinutes: 600 };
  const world = await createIncidentWorld({
    database,
    temporal,
    prefix: 'approval-',
    people: slackPeople,
    policy: policyConfigSchema.parse({ byRisk: { low: ask, medium: ask, high: ask } }),
    onEffect: ({ target: { environment }, action }) =>
      effects.push({ environment, action, startedAtMs: Date.now() }),
  });
  return {
    ...world,
    effects,
    async decisionsOf(incidentId) {
      const rows = await database.db
        .selectFrom('approvals')
        .select('id')
        .where('incident_id', '=', incidentId)
        .execute();
      return rows.length;
    },
    async hurryNotifications() {
      await database.db.updateTable('notifications').set({ next_at_ms: 0, locked_until_ms: 0 }).execute();
    },
    async close() {
      await world.close();
      await database.close();
    },
  };
}
