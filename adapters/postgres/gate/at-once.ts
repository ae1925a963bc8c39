// How much of an environment is disturbed at this moment, by all incidents together: what was let out and has not ended, and
// what its incident still holds to see whether it helped.

import { type Kysely, sql } from 'kysely';
import { type Disturbed, tooMuchAtOnce } from '../../../domain/inventory/at-once.ts';
import { targetKey } from '../../../domain/inventory/target.ts';
import { costOf } from '../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { Schema } from '../database/schema.ts';
import type { Check } from './checks.ts';
import { notUndone } from './intents.ts';

/** A look that does not say how many targets there are lets one be acted on at a time. */
const peersUnknown = 1;

export const notTooMuchAtOnce: Check = async (trx, { effect, limits, sighting, nowMs }) => {
  const { content } = effect;
  const peers = sighting.kind === 'seen' ? (sighting.peers ?? peersUnknown) : peersUnknown;
  const already = await disturbed(trx, content.target.environment, content.id, nowMs);
  const detail = tooMuchAtOnce(disturbance(content), already, peers, limits.actedOnAtOncePerTier);
  return detail === null ? null : { reason: 'too-much-at-once', detail };
};

async function disturbed(
  trx: Kysely<Schema>,
  environment: string,
  but: string,
  nowMs: number,
): Promise<readonly Disturbed[]> {
  const rows = await trx
    .selectFrom('intents')
    .select('body')
    .where('environment', '=', environment)
    .where('id', '<>', but)
    .where(
      sql<boolean>`((status in ('sent', 'uncertain') and ${notUndone}) or exists (
        select from leases where leases.target_key = intents.target_key and leases.fence = intents.fence
          and leases.expires_at_ms > ${nowMs}::bigint))`,
    )
    .execute();
  return rows.map(({ body }) => disturbance(body));
}

type Acted = Pick<Intent, 'action' | 'before' | 'parameters' | 'target'>;

function disturbance({ action, before, parameters, target }: Acted): Disturbed {
  const { blastRadius } = costOf(action, before, parameters);
  return { key: targetKey(target), tier: before.tier ?? null, blastRadius };
}
