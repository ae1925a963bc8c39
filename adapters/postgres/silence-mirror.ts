// Keeps the silences of somebody else's system as they are there. Every process that reads them may say so: whoever comes second
// changes nothing.

import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { matchersText } from '../../domain/silences/matchers.ts';
import { type MirrorChange, type MirrorSource, mirrorChanges } from '../../domain/silences/mirror.ts';
import { scheduleText } from '../../domain/silences/schedule.ts';
import type { Silence } from '../../domain/silences/silence.ts';
import type { SilenceMirror } from '../../ingest/ports.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { lockKillSwitch } from './gate/locks.ts';
import { storeSilence } from './silence-store.ts';
import { dueBy } from './silences/findings.ts';
import { transact } from './transact.ts';

export function createSilenceMirror(db: Kysely<Schema>): SilenceMirror {
  return {
    async mirror(source, theirs) {
      // Most of the time nothing has changed, and no gate has to wait for that to be seen.
      const seen = mirrorChanges(source, theirs, await knownOf(db, source), 0);
      if (seen.length === 0) return 0;
      return transact(db, async (trx) => {
        await lockKillSwitch(trx);
        const nowMs = await databaseNowMs(trx);
        const changes = mirrorChanges(source, theirs, await knownOf(trx, source), nowMs);
        for (const change of changes) await make(trx, change, nowMs);
        return changes.length;
      });
    },
  };
}

async function knownOf(db: Kysely<Schema>, source: MirrorSource): Promise<readonly Silence[]> {
  const rows = await db
    .selectFrom('silences')
    .select('body')
    .where('source', '=', source.name)
    .where('ended_at_ms', 'is', null)
    .execute();
  return rows.map(({ body }) => body);
}

async function make(trx: Kysely<Schema>, change: MirrorChange, atMs: number): Promise<void> {
  const silence: Silence =
    change.kind === 'new'
      ? { ...change.silence, id: `silence-${randomBytes(5).toString('hex')}` }
      : change.silence;
  await storeSilence(trx, silence);
  if (change.kind !== 'new') await dueBy(trx, silence.id, atMs);
  await appendAudit(trx, [
    {
      ...{
        actor: silence.changedBy,
        action: 'silence.mirror',
        atMs,
        reason: silence.ended?.reason ?? silence.reason,
      },
      ...{ subject: `silence/${silence.id}`, planHash: null },
      details: {
        ...{ what: change.kind, version: silence.version, sourceId: silence.source?.id ?? null },
        ...{ matchers: matchersText(silence.matchers), schedule: scheduleText(silence.schedule) },
      },
    },
  ]);
}
