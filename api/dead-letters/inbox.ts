// Events of the inbox that Sentinel gave up on. Put back they are pending again, under their own id, so they lead to what they would
// have led to, once.

import type { DeadLetter, DeadLetterFilter } from '../ports/dead-letters.ts';
import type { Before, DeadItem, DeadItems, DeadLetterSource, Lane } from './ports.ts';
import { shownText } from './shown-text.ts';

const lane = 'i';
export const givenUp = 'given-up';
const idForm = /^inbox-(\d{1,15})$/;

export function inboxDeadLetters(items: DeadItems): DeadLetterSource {
  async function newest(filter: DeadLetterFilter, before: Before, most: number): Promise<readonly Lane[]> {
    const { topic, reason, replayed } = filter;
    const beforeSeq = before === null ? null : before.get(lane);
    const isOther = topic !== undefined || replayed === true || (reason !== undefined && reason !== givenUp);
    if (isOther || beforeSeq === undefined) return [];
    const found = await items.list(filter, beforeSeq, most);
    const last = found.at(-1);
    const letters = found.map((item) => ({ letter: shown(item), position: item.seq }));
    return [{ name: lane, letters, rest: found.length < most || last === undefined ? null : last.seq }];
  }

  return {
    kind: 'inbox',
    newest,
    async show(id) {
      const seq = seqOf(id);
      const found = seq === null ? null : await items.get(seq);
      if (found === null) return null;
      const { item, body } = found;
      const value = Buffer.from(JSON.stringify(body));
      return { ...shown(item), receivedAtMs: item.receivedAtMs, bytes: value.length, ...shownText(value) };
    },
    async replay(ids, by, note) {
      const answers = [];
      for (const id of ids) {
        const seq = seqOf(id);
        const outcome = seq === null ? ('not-found' as const) : await items.replay(seq, by, note);
        answers.push({ id, outcome });
      }
      return answers;
    },
  };
}

function shown({ seq, id, environment, service, reason, attempts, deadAtMs }: DeadItem): DeadLetter {
  return {
    ...{ id: `inbox-${seq}`, kind: 'inbox', source: id, topic: null, key: `${environment}/${service}` },
    ...{ reason: givenUp, detail: reason, failures: attempts, atMs: deadAtMs },
    ...{ replayedAtMs: null, replayedBy: null },
  };
}

function seqOf(id: string): number | null {
  const [, seq] = idForm.exec(id) ?? [];
  return seq === undefined ? null : Number(seq);
}
