// The audit as a chain: what was written is linked, and whoever changes, removes or slips in an entry is named by its number.

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuditChain } from '../../../adapters/postgres/audit/chain.ts';
import { createStores, type Database, type Stores } from '../../../adapters/postgres/index.ts';
import type { AuditVerification } from '../../../api/ports/audit.ts';
import { canonicalAuditEvent } from '../../../domain/audit/event.ts';
import { describePostgresStores, describeStores, openMemory, testLimits } from '../../support/stores.ts';

/** A trail of its own: what is broken here must not be found by others. */
let database: Database;
beforeAll(async () => {
  database = await openMemory();
  const { auditWriter, auditChain } = createStores(database, { limits: testLimits });
  await record(auditWriter, ['first', 'second', 'third', 'fourth']);
  expect(await auditChain.verify()).toEqual({ ok: true, checked: 4 });
});
afterAll(() => database.close());

async function record({ append }: Stores['auditWriter'], reasons: readonly string[]): Promise<void> {
  for (const reason of reasons)
    await append({ actor: 'person:ada', action: 'access.refuse', subject: 'x', reason, details: {} });
}

/** What the chain says after these statements, which then never happened. */
async function verifiedAfter(statements: readonly string[]): Promise<AuditVerification> {
  let found: AuditVerification | undefined;
  const undo = new Error('undone');
  await database.db
    .transaction()
    .execute(async (trx) => {
      for (const statement of statements) await sql.raw(statement).execute(trx);
      found = await createAuditChain(trx).verify();
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  if (found === undefined) throw new Error('nothing was verified');
  return found;
}

const off = 'alter table audit disable trigger all';
const chainOff = 'alter table audit_chain disable trigger all';

test.each([
  ['a reason that was rewritten', [off, `update audit set reason = 'x' where seq = 2`], 2, 'columns'],
  ['text that was rewritten', [off, `update audit set canonical = 'x' where seq = 2`], 2, 'not the one'],
  ['a moment that was moved', [off, `update audit set at_ms = 1 where seq = 3`], 3, 'not the one'],
  ['a digest that was changed', [off, `update audit set digest = '' where seq = 1`], 1, 'digest'],
  [
    'an entry that is gone',
    [chainOff, off, 'set session_replication_role = replica', `delete from audit where seq = 2`],
    2,
    'gone',
  ],
  ['a link that is gone', [chainOff, `delete from audit_chain where position = 2`], 3, 'missing'],
  [
    'a link that was changed',
    [chainOff, `update audit_chain set hash = 'x' where position = 4`],
    4,
    'not the one',
  ],
  [
    'an entry beside the chain',
    [
      off,
      `insert into audit select 99, at_ms, actor, action, subject, reason, plan_hash, canonical, digest from audit where seq = 1`,
    ],
    99,
    'past the chain',
  ],
])('%s is found, even of the owner of the tables', async (_, statements, brokenSeq, what) => {
  expect(await verifiedAfter(statements)).toMatchObject({
    ok: false,
    brokenSeq,
    what: expect.stringContaining(what),
  });
});

test('and of the four as they are nothing is wrong', async () => {
  expect(await verifiedAfter([])).toEqual({ ok: true, checked: 4 });
});

await describeStores('writing to the chain', (use) => {
  const entry = { actor: 'person:ada', action: 'access.refuse', subject: 'x', reason: 'r' } as const;
  const row = (atMs: number) => ({
    ...entry,
    canonical: Buffer.from(canonicalAuditEvent({ ...entry, atMs, planHash: null, details: {} })),
  });

  test('the database says when and in which order; what an insert claims of that counts for nothing', async () => {
    const { database, stores } = use();
    const startedMs = Date.now() - 60_000;
    const { canonical } = row(1);
    await sql`insert into audit (seq, at_ms, actor, action, subject, reason, canonical, digest)
      values (-5, 1, ${entry.actor}, ${entry.action}, 'x', 'r', ${canonical}, 'nonsense')`.execute(
      database.db,
    );
    const { items } = await stores.audit.query({ subject: 'x' }, 1, null);
    expect(items[0]?.seq).toBeGreaterThan(0);
    expect(items[0]?.atMs).toBeGreaterThan(startedMs);
    expect(await stores.auditChain.verify()).toMatchObject({ ok: true });
  });

  test('columns that say something else than the text are refused', async () => {
    const { database } = use();
    const { canonical } = row(1);
    const forged = sql`insert into audit (at_ms, actor, action, subject, reason, canonical, digest)
      values (1, 'person:mallory', ${entry.action}, 'x', 'r', ${canonical}, '')`;
    await expect(forged.execute(database.db)).rejects.toThrow('something else than its canonical text');
  });

  test('many who write and link at once make one chain without gaps', async () => {
    const { stores } = use();
    const before = await stores.auditChain.verify();
    const append = (index: number) =>
      stores.auditWriter.append({ ...entry, subject: `many/${index}`, details: { index } });
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 6 === 5 ? stores.auditChain.seal() : append(index))),
    );
    const after = await stores.auditChain.verify();
    expect(after).toEqual({ ok: true, checked: before.checked + 50 });
  });
});

await describePostgresStores('linking from two processes', (use) => {
  test('whoever comes second leaves it to the first, and waits for nobody', async () => {
    const { database, stores } = use();
    await stores.auditChain.seal();
    const entry = { actor: 'person:ada', action: 'access.refuse', reason: 'r', details: {} } as const;
    await stores.auditWriter.append({ ...entry, subject: 'two/1' });
    await database.db.transaction().execute(async (trx) => {
      expect(await createAuditChain(trx).seal()).toBe(1);
      expect(await stores.auditChain.seal()).toBe(0);
    });
    expect(await stores.auditChain.seal()).toBe(0);
    expect(await stores.auditChain.verify()).toMatchObject({ ok: true });
  });
});

test('a bounded check goes on where the last one stopped, says how far it is, and begins again at the end', async () => {
  const own = await openMemory();
  try {
    const { auditWriter, auditChain } = createStores(own, { limits: testLimits });
    const write = (reason: string) =>
      auditWriter.append({ actor: 'person:ada', action: 'access.refuse', subject: 'x', reason, details: {} });
    expect(await auditChain.verifyNext(2)).toEqual({ ok: true, checked: 0, links: 0 });
    for (const reason of ['1', '2', '3', '4', '5']) await write(reason);
    const round = async () => [
      await auditChain.verifyNext(2),
      await auditChain.verifyNext(2),
      await auditChain.verifyNext(2),
    ];
    const whole = [2, 4, 5].map((checked) => ({ ok: true, checked, links: 5 }));
    expect(await round()).toEqual(whole);
    expect(await round()).toEqual(whole);

    await auditChain.verifyNext(2);
    await sql.raw(off).execute(own.db);
    await sql`update audit set reason = 'x' where seq = 1`.execute(own.db);
    // Behind the mark: found in the next round, and by a whole verification at once.
    expect(await auditChain.verifyNext(2)).toMatchObject({ ok: true, checked: 4 });
    expect(await auditChain.verify()).toMatchObject({ ok: false, brokenSeq: 1 });
    expect(await auditChain.verifyNext(2)).toMatchObject({ ok: true, checked: 5 });
    expect(await auditChain.verifyNext(2)).toMatchObject({ ok: false, brokenSeq: 1 });
    // It stays found.
    expect(await auditChain.verifyNext(2)).toMatchObject({ ok: false, brokenSeq: 1 });
  } finally {
    await own.close();
  }
});

test('a chain that was computed anew, or cut off, is not the one that was checked', async () => {
  for (const forgery of [
    `update audit_chain set hash = 'x' where position = 2`,
    'delete from audit_chain where position >= 2',
  ]) {
    const own = await openMemory();
    try {
      const { auditWriter, auditChain } = createStores(own, { limits: testLimits });
      await record(auditWriter, ['1', '2', '3']);
      expect(await auditChain.verifyNext(2)).toMatchObject({ ok: true, checked: 2 });
      await sql.raw(chainOff).execute(own.db);
      await sql.raw(forgery).execute(own.db);
      expect(await auditChain.verifyNext(2), forgery).toMatchObject({
        ok: false,
        what: expect.stringContaining('since they were checked'),
      });
    } finally {
      await own.close();
    }
  }
});
