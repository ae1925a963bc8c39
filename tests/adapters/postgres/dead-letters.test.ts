// Dead letters in the database: the inbox's own and their way back, and the ledger of what was replayed from Kafka.

import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Letter } from '../../../api/dead-letters/ports.ts';
import type { InboxItem } from '../../../ingest/ports.ts';
import { person } from '../../support/people.ts';
import { describeStores } from '../../support/stores.ts';
import { anomalyOf, unique } from './fixtures.ts';

const ada = person('ada', 'operator');
const ben = person('ben', 'operator');

await describeStores('dead letters', (use) => {
  beforeEach(async () => {
    await sql`truncate inbox`.execute(use().database.db);
  });

  const finding = (anomalyId: string, state: 'firing' | 'cleared' = 'firing'): InboxItem => ({
    id: `anomaly/${anomalyId}/${state}`,
    kind: 'anomaly',
    anomaly: { ...anomalyOf({ environment: 'e', id: anomalyId }), state },
  });
  async function givenUp(...items: InboxItem[]): Promise<readonly number[]> {
    const { inbox, deadItems } = use().stores;
    await inbox.put(items);
    await inbox.take(10, 60_000);
    await inbox.failed(
      items.map(({ id }) => id),
      'Temporal says no',
      null,
    );
    return (await deadItems.list({}, null, 10)).map(({ seq }) => seq);
  }
  const audited = async (subject: string) =>
    (await use().stores.audit.query({ action: 'dead-letter.replay', subject }, 10, null)).items;

  describe('of the inbox', () => {
    test('are listed newest first with their reason, and shown with what they say', async () => {
      const { deadItems } = use().stores;
      const [second = 0, first = 0] = await givenUp(finding(unique('a')), finding(unique('b')));
      expect(second).toBeGreaterThan(first);
      const one = { environment: 'e', reason: 'Temporal says no', attempts: 1 };
      expect(await deadItems.list({}, null, 10)).toMatchObject([
        { seq: second, ...one },
        { seq: first, ...one },
      ]);
      expect(await deadItems.list({}, second, 10)).toMatchObject([{ seq: first }]);
      expect(await deadItems.list({ sinceMs: Date.now() + 3_600_000 }, null, 10)).toEqual([]);
      expect(await deadItems.list({ untilMs: Date.now() - 3_600_000 }, null, 10)).toEqual([]);
      expect(await deadItems.get(first)).toMatchObject({ item: { seq: first }, body: { state: 'firing' } });
    });

    test('put back once, however often it is asked; who asked is in the audit', async () => {
      const { inbox, deadItems } = use().stores;
      const [seq = 0] = await givenUp(finding(unique('a')));
      expect(await deadItems.replay(seq, ada, 'Temporal is back')).toBe('replayed');
      expect(await deadItems.replay(seq, ben, '')).toBe('already-replayed');
      expect(await deadItems.list({}, null, 10)).toEqual([]);
      expect(await deadItems.get(seq)).toBeNull();
      expect(await audited(`dead-letter/inbox-${seq}`)).toMatchObject([
        { actor: 'person:ada', reason: 'Temporal is back' },
      ]);
      const [taken] = await inbox.take(10, 60_000);
      expect(taken).toMatchObject({ attempts: 1 });
      // It fails again: a dead letter once more, which may be replayed once more.
      await inbox.failed([taken?.id ?? ''], 'still no', null);
      expect(await deadItems.list({}, null, 10)).toMatchObject([{ seq, reason: 'still no' }]);
      expect(await deadItems.replay(seq, ada, '')).toBe('replayed');
      expect(await audited(`dead-letter/inbox-${seq}`)).toHaveLength(2);
    });

    test('what is not dead is left alone', async () => {
      const { inbox, deadItems } = use().stores;
      const id = unique('a');
      const [seq = 0] = await givenUp(finding(id));
      await deadItems.replay(seq, ada, '');
      await inbox.take(10, 60_000);
      await inbox.done(`anomaly/${id}/firing`);
      expect(await deadItems.replay(seq, ada, '')).toBe('already-replayed');
      expect(await inbox.take(10, 60_000)).toEqual([]);
      await inbox.put([finding(unique('pending'))]);
      expect(await deadItems.replay(seq + 1, ada, '')).toBe('not-found');
      expect(await deadItems.replay(999_999_999, ada, '')).toBe('not-found');
    });

    test('a beginning whose end has been worked off stays where it is', async () => {
      const { inbox, deadItems } = use().stores;
      const id = unique('a');
      const [seq = 0] = await givenUp(finding(id));
      await inbox.put([finding(id, 'cleared')]);
      await inbox.take(10, 60_000);
      await inbox.done(`anomaly/${id}/cleared`);
      expect(await deadItems.replay(seq, ada, '')).toBe('superseded');
      expect(await audited(`dead-letter/inbox-${seq}`)).toEqual([]);
    });
  });

  describe('the ledger', () => {
    const letterOf = (offset: number, failures = 1): Letter => ({
      ...{ partition: 0, offset: 7, atMs: 0, key: '', reason: 'not-json', detail: '' },
      of: { topic: unique('topic'), partition: 2, offset, failures, timestampMs: 0 },
    });
    const replayOf = ({ of }: Letter) => ({
      of: { ...of, offset: BigInt(of.offset) },
      failures: of.failures,
    });
    const at = (offset: bigint, partition = 2) => ({ topic: 'alerts', partition, offset });

    test('says of what was sent by whom and when, and of nothing else', async () => {
      const { replayLedger } = use().stores;
      const [one, two] = [letterOf(1), letterOf(2)];
      const id = unique('kafka');
      await replayLedger.begin(
        [
          { id, letter: one },
          { id: 'kafka-0-2', letter: two },
        ],
        ada,
        'repaired',
      );
      expect((await replayLedger.sent([one.of, two.of])).size).toBe(0);
      await replayLedger.finish([one.of]);
      const sent = await replayLedger.sent([one.of, two.of, { ...one.of, failures: 2 }]);
      expect([...sent]).toEqual([[`${one.of.topic}/2/1/1`, { atMs: expect.any(Number), by: 'ada' }]]);
      expect(await audited(`dead-letter/${id}`)).toMatchObject([{ actor: 'person:ada', reason: 'repaired' }]);
      expect((await replayLedger.sent([])).size).toBe(0);
    });

    test('begun by one who died, sent by another: it was the other', async () => {
      const { replayLedger } = use().stores;
      const letter = letterOf(1);
      await replayLedger.begin([{ id: 'kafka-0-1', letter }], ada, '');
      await replayLedger.begin([{ id: 'kafka-0-1', letter }], ben, '');
      await replayLedger.finish([letter.of]);
      await replayLedger.begin([{ id: 'kafka-0-1', letter }], ada, '');
      expect([...(await replayLedger.sent([letter.of])).values()]).toMatchObject([{ by: 'ben' }]);
    });

    test('of the records that were sent for one letter, the first that is taken counts, each time it is delivered', async () => {
      const { replayLedger, replayClaims } = use().stores;
      const letter = letterOf(1);
      expect(await replayClaims.claim(replayOf(letter), at(10n))).toBe('unknown');
      await replayLedger.begin([{ id: 'kafka-0-1', letter }], ada, '');
      expect(await replayClaims.claim(replayOf(letter), at(10n))).toBe('take');
      expect(await replayClaims.claim(replayOf(letter), at(11n))).toBe('ignore');
      expect(await replayClaims.claim(replayOf(letter), at(10n, 3))).toBe('ignore');
      expect(await replayClaims.claim(replayOf(letter), at(10n))).toBe('take');
      expect(await replayClaims.claim({ ...replayOf(letter), failures: 2 }, at(12n))).toBe('unknown');
    });
  });
});
