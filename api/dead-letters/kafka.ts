// Dead letters of Kafka. What became of a letter is in the ledger, not in the topic: letters are never changed.

import type { DeadLetter, DeadLetterContent, DeadLetterFilter, Replayed } from '../ports/dead-letters.ts';
import {
  type Before,
  type DeadLetterSource,
  identityKey,
  type Lane,
  type Letter,
  type LetterPlace,
  type LetterTopic,
  type OriginalRecord,
  type ReplayLedger,
  type ReplayState,
} from './ports.ts';
import { shownText } from './shown-text.ts';

const lanePrefix = 'k';
const idForm = /^kafka-(\d{1,6})-(\d{1,15})$/;

export function kafkaDeadLetters(topic: LetterTopic, ledger: ReplayLedger): DeadLetterSource {
  async function newest(filter: DeadLetterFilter, before: Before): Promise<readonly Lane[]> {
    const partitions = before === null ? null : partitionsOf(before);
    if (partitions?.size === 0) return [];
    const found = await topic.newest(filter, partitions);
    const sent = await ledger.sent(found.flatMap(({ letters }) => letters.map(({ of }) => of)));
    return found.map(({ partition, letters, rest }) => ({
      name: `${lanePrefix}${partition}`,
      rest,
      letters: letters
        .map((letter) => ({ letter: shown(letter, sent), position: letter.offset }))
        .filter(({ letter }) => fits(letter, filter)),
    }));
  }

  async function show(id: string): Promise<DeadLetterContent | null> {
    const place = placeOf(id);
    const [found] = place === null ? [] : await topic.withOriginals([place]);
    if (found === undefined || found === null) return null;
    const { letter, original } = found;
    const sent = await ledger.sent([letter.of]);
    const value = original?.value ?? null;
    return {
      ...shown(letter, sent),
      receivedAtMs: letter.of.timestampMs,
      bytes: original === null ? null : (value?.length ?? 0),
      ...shownText(value),
    };
  }

  async function replay(ids: readonly string[], by: Parameters<ReplayLedger['begin']>[1], note: string) {
    const places = [...new Set(ids)].flatMap((id) => placeOf(id) ?? []);
    const found = new Map(
      (await topic.withOriginals(places)).map((one, index) => [idOf(places[index] as LetterPlace), one]),
    );
    const sent = await ledger.sent(
      [...found.values()].flatMap((one) => (one === null ? [] : [one.letter.of])),
    );
    const sending = new Map<string, { id: string; letter: Letter; original: OriginalRecord }>();
    const answers = ids.map((id): Replayed => {
      const one = found.get(id) ?? null;
      if (one === null) return { id, outcome: 'not-found' };
      const { letter, original } = one;
      const key = identityKey(letter.of);
      // Several letters may stand for one record: it was delivered twice.
      if (sent.has(key) || sending.has(key)) return { id, outcome: 'already-replayed' };
      if (original === null) return { id, outcome: 'gone' };
      if (original.isUnreadable) return { id, outcome: 'unreadable' };
      sending.set(key, { id, letter, original });
      return { id, outcome: 'replayed' };
    });
    const letters = [...sending.values()];
    if (letters.length === 0) return answers;
    await ledger.begin(letters, by, note);
    await topic.resend(letters);
    await ledger.finish(letters.map(({ letter }) => letter.of));
    return answers;
  }

  return { kind: 'kafka', newest, show, replay };
}

function shown(letter: Letter, sent: ReadonlyMap<string, ReplayState>): DeadLetter {
  const { of, key, reason, detail, atMs } = letter;
  const replayed = sent.get(identityKey(of));
  return {
    ...{
      id: idOf(letter),
      kind: 'kafka',
      source: `${of.topic}/${of.partition}/${of.offset}`,
      topic: of.topic,
    },
    ...{ key, reason, detail, failures: of.failures, atMs },
    replayedAtMs: replayed?.atMs ?? null,
    replayedBy: replayed?.by ?? null,
  };
}

function fits(letter: DeadLetter, { topic, reason, sinceMs, untilMs, replayed }: DeadLetterFilter): boolean {
  return (
    (topic === undefined || letter.topic === topic) &&
    (reason === undefined || letter.reason === reason) &&
    // The broker's index of time is not exact where clocks of processes differ.
    (sinceMs === undefined || letter.atMs >= sinceMs) &&
    (untilMs === undefined || letter.atMs <= untilMs) &&
    (replayed === undefined || (letter.replayedAtMs !== null) === replayed)
  );
}

const idOf = ({ partition, offset }: LetterPlace): string => `kafka-${partition}-${offset}`;

function placeOf(id: string): LetterPlace | null {
  const [, partition, offset] = idForm.exec(id) ?? [];
  return offset === undefined ? null : { partition: Number(partition), offset: Number(offset) };
}

function partitionsOf(before: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const own = [...before].filter(([lane]) => lane.startsWith(lanePrefix));
  return new Map(own.map(([lane, position]) => [Number(lane.slice(lanePrefix.length)), position]));
}
