// AuditChain: links what has been written to the audit, and checks the links. The bytes of a link are computed here once more,
// apart from the database, from the rows as they are now.

import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { AuditChain, AuditProgress, AuditVerification } from '../../../api/ports/audit.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

const sealAtOnce = 1_000;
const readAtOnce = 1_000;

export function createAuditChain(db: Kysely<Schema>): AuditChain {
  const seal = async (): Promise<number> => {
    let total = 0;
    for (;;) {
      const { rows } = await sql<{
        sealed: number;
      }>`select sentinel_seal_audit(${sealAtOnce}) as sealed`.execute(db);
      const sealed = rows[0]?.sealed ?? 0;
      total += sealed;
      if (sealed < sealAtOnce) return total;
    }
  };
  return {
    seal,
    async verify() {
      await seal();
      const walked = await walk(db, start, Number.POSITIVE_INFINITY);
      return 'ok' in walked ? walked : unlinked(db);
    },

    async verifyNext(most) {
      await seal();
      return verifyNext(db, most);
    },
  };
}

type Row = {
  position: number;
  audit_seq: number;
  hash: Uint8Array;
  at_ms: number | null;
  canonical: Uint8Array | null;
  digest: string | null;
  actor: string | null;
  action: string | null;
  subject: string | null;
  reason: string | null;
  plan_hash: string | null;
};

/** Up to where the links are known to hold, and the last of them. */
type Mark = { readonly position: number; readonly hash: Uint8Array };
const start: Mark = { position: 0, hash: Buffer.alloc(0) };
type Broken = Extract<AuditVerification, { ok: false }>;

async function verifyNext(db: Kysely<Schema>, most: number): Promise<AuditProgress> {
  const kept = await db.selectFrom('audit_check').select(['position', 'hash']).executeTakeFirst();
  const from = kept ?? start;
  const broken = await movedMark(db, from);
  if (broken !== null) return broken;
  const walked = await walk(db, from, most);
  if ('ok' in walked) return walked;
  const links = await countLinks(db);
  const isEnd = walked.position >= links;
  if (isEnd) {
    const whole = await unlinked(db);
    if (!whole.ok) return whole;
  }
  const next = isEnd ? start : walked;
  const row = { position: next.position, hash: next.hash, at_ms: databaseNow };
  await db
    .insertInto('audit_check')
    .values(row)
    .onConflict((conflict) => conflict.column('only_one').doUpdateSet(row))
    .execute();
  return { ok: true, checked: walked.position, links };
}

/** A chain that was computed anew does not have the link that was checked. */
async function movedMark(db: Kysely<Schema>, { position, hash }: Mark): Promise<Broken | null> {
  if (position === 0) return null;
  const link = await db
    .selectFrom('audit_chain')
    .select(['audit_seq', 'hash'])
    .where('position', '=', position)
    .executeTakeFirst();
  if (link !== undefined && Buffer.from(link.hash).equals(hash)) return null;
  const what = 'links were changed or cut off since they were checked';
  return { ok: false, checked: position - 1, brokenSeq: link?.audit_seq ?? position, what };
}

/** The first link that does not hold, with its row; else how far it came. */
async function walk(db: Kysely<Schema>, from: Mark, most: number): Promise<Broken | Mark> {
  let { position: after, hash: before } = from;
  const end = after + most;
  for (;;) {
    const rows: Row[] = await db
      .selectFrom('audit_chain')
      .leftJoin('audit', 'audit.seq', 'audit_chain.audit_seq')
      .select(['position', 'audit_seq', 'hash', 'at_ms', 'canonical', 'digest'])
      .select(['actor', 'action', 'subject', 'reason', 'plan_hash'])
      .where('position', '>', after)
      .orderBy('position')
      .limit(Math.min(readAtOnce, end - after))
      .execute();
    for (const row of rows) {
      const what = row.position === after + 1 ? wrongWith(row, before) : 'links before it are missing';
      if (what !== null) return { ok: false, checked: after, brokenSeq: row.audit_seq, what };
      before = row.hash;
      after = row.position;
    }
    if (rows.length < readAtOnce || after >= end) return { position: after, hash: before };
  }
}

/** Positions have no holes, or `walk` has said so. */
async function countLinks(db: Kysely<Schema>): Promise<number> {
  const row = await db
    .selectFrom('audit_chain')
    .select(({ fn }) => fn.max<number | null>('position').as('links'))
    .executeTakeFirst();
  return row?.links ?? 0;
}

function wrongWith(row: Row, before: Uint8Array): string | null {
  const { audit_seq: seq, at_ms: atMs, canonical } = row;
  if (canonical === null || atMs === null) return 'the entry is gone';
  if (!linkOf(before, seq, atMs, canonical).equals(row.hash))
    return 'the entry is not the one that was linked';
  if (createHash('sha256').update(canonical).digest('hex') !== row.digest) return 'its digest was changed';
  const told = JSON.parse(Buffer.from(canonical).toString('utf8')) as Record<string, unknown>;
  const columns = [
    [row.actor, told.actor],
    [row.action, told.action],
    [row.subject, told.subject],
    [row.reason, told.reason],
    [row.plan_hash, told.planHash],
  ];
  return columns.some(([column, said]) => column !== said) ? 'its columns were changed' : null;
}

/** What docs/audit.md promises: SHA-256 over the link before, number and moment (8 bytes each, big-endian), and the text. */
export function linkOf(before: Uint8Array, seq: number, atMs: number, canonical: Uint8Array): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigInt64BE(BigInt(seq), 0);
  numbers.writeBigInt64BE(BigInt(atMs), 8);
  return createHash('sha256').update(before).update(numbers).update(canonical).digest();
}

/** Entries beside the chain came in without its trigger. Those that wait are about to be linked. */
async function unlinked(db: Kysely<Schema>): Promise<AuditVerification> {
  const stray = await db
    .selectFrom('audit')
    .leftJoin('audit_chain', 'audit_chain.audit_seq', 'audit.seq')
    .leftJoin('audit_pending', 'audit_pending.audit_seq', 'audit.seq')
    .select('audit.seq')
    .where('audit_chain.audit_seq', 'is', null)
    .where('audit_pending.audit_seq', 'is', null)
    .orderBy('audit.seq')
    .limit(1)
    .executeTakeFirst();
  const checked = await countLinks(db);
  if (stray === undefined) return { ok: true, checked };
  return { ok: false, checked, brokenSeq: stray.seq, what: 'the entry was added past the chain' };
}
