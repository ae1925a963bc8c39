// What senders call what they told.

import { sql } from 'kysely';

/** As the sender of a finding named it when it told it first: what is looked at again can be asked for by it, too. */
export function eventIdOf(anomalyId: string) {
  return sql<string | null>`(select event_id from inbox where id = ${`anomaly/${anomalyId}/firing`})`;
}
