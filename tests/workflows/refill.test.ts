/** What is sent again after a store lost events: everything that is at hand, and the gap where that does not reach. */
import { expect, test } from 'vitest';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { refill } from '../../workflows/refill.ts';

const events = (from: number, to: number): readonly IncidentEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    atMs: 0,
    type: 'note-added',
    noteId: 'n',
    actor: 'a',
    text: 't',
  }));
const seqs = (list: readonly IncidentEvent[]): readonly number[] => list.map(({ seq }) => seq);

test('what is at hand fills the gap, each event once', () => {
  const { events: again, lost } = refill(events(1, 8), events(7, 8), 4);
  expect(seqs(again)).toEqual([5, 6, 7, 8]);
  expect(lost).toBeNull();
});

test('without anything pending the whole tail comes back', () => {
  expect(refill(events(1, 8), [], 5)).toEqual({ events: events(6, 8), lost: null });
});

test('what nobody has any more is named', () => {
  const { events: again, lost } = refill(events(6, 9), events(9, 9), 3);
  expect(seqs(again)).toEqual([6, 7, 8, 9]);
  expect(lost).toEqual({ afterSeq: 3, throughSeq: 5 });
});
