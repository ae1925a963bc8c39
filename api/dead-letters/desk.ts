// All dead letters as one list, whatever kind they are.

import { z } from 'zod';
import { readCursor, writeCursor } from '../cursor.ts';
import type { DeadLetter, DeadLetters, Replayed } from '../ports/dead-letters.ts';
import type { Page } from '../ports/page.ts';
import type { Before, DeadLetterSource, Lane } from './ports.ts';

const cursorKind = 'dead-letters';

export function createDeadLetters(sources: readonly DeadLetterSource[]): DeadLetters {
  const sourceOf = (id: string): DeadLetterSource | undefined =>
    sources.find(({ kind }) => id.startsWith(`${kind}-`));

  return {
    async list(filter, limit, cursor) {
      const before = cursor === null ? null : readBefore(cursor);
      const asked = sources.filter(({ kind }) => filter.kind === undefined || filter.kind === kind);
      const lanes = await Promise.all(asked.map((source) => source.newest(filter, before, limit)));
      return merge(lanes.flat(), limit);
    },
    show: async (id) => (await sourceOf(id)?.show(id)) ?? null,
    async replay(ids, by, note) {
      const answers = new Map<string, Replayed>();
      for (const [source, own] of Map.groupBy(ids, sourceOf)) {
        const some: readonly Replayed[] =
          (await source?.replay(own, by, note)) ?? own.map((id) => ({ id, outcome: 'not-found' }));
        for (const one of some) if (!answers.has(one.id)) answers.set(one.id, one);
      }
      return [...new Set(ids)].flatMap((id) => answers.get(id) ?? []);
    },
  };
}

/**
 * The newest of all lanes, each in its own order. A lane that was not looked at to its end may hold newer ones than the others: the
 * page ends there, and the next one looks further.
 */
export function merge(lanes: readonly Lane[], limit: number): Page<DeadLetter> {
  const at = new Map(lanes.map((lane) => [lane, 0]));
  const items: DeadLetter[] = [];
  while (items.length < limit) {
    const heads = lanes.map((lane) => ({ lane, head: lane.letters[at.get(lane) ?? 0] }));
    if (heads.some(({ lane, head }) => head === undefined && lane.rest !== null)) break;
    const [newest] = heads
      .flatMap(({ lane, head }) => (head === undefined ? [] : [{ lane, letter: head.letter }]))
      .toSorted((a, b) => b.letter.atMs - a.letter.atMs);
    if (newest === undefined) break;
    items.push(newest.letter);
    at.set(newest.lane, (at.get(newest.lane) ?? 0) + 1);
  }
  const left = lanes.flatMap((lane) => {
    const next = lane.letters[at.get(lane) ?? 0];
    const below = next === undefined ? lane.rest : next.position + 1;
    return below === null ? [] : [`${lane.name}:${below.toString(36)}`];
  });
  return { items, nextCursor: left.length === 0 ? null : writeCursor(cursorKind, [left.join(' ')]) };
}

const positions = z.string().regex(/^([a-z]\d*:[0-9a-z]{1,11}( |$))+$/);

function readBefore(cursor: string): NonNullable<Before> {
  const [text] = readCursor(cursorKind, [positions], cursor);
  return new Map(
    text.split(' ').map((one): [string, number] => {
      const [lane = '', position = ''] = one.split(':');
      return [lane, Number.parseInt(position, 36)];
    }),
  );
}
