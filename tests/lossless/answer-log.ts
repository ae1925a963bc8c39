/** The sender's log: what it sent, and what it was answered. A line is on disk before the sender goes on. */
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Sort, Way } from './plan/events.ts';

/**
 * `accepted`: the sender need not send it again. `refused`: it was told that it is of no use. `again`: there was no answer, or one that
 * asks for patience, so the same is sent again.
 */
export type Answer = 'accepted' | 'refused' | 'again';

export interface LogLine {
  readonly way: Way;
  readonly sort: Sort;
  readonly id: string;
  readonly state: 'firing' | 'cleared' | null;
  readonly answer: Answer;
  /** The status of an answer to a webhook. */
  readonly status?: number;
  /** What a refusal said, or why there was no answer. */
  readonly why?: string;
  /** Where the broker put an accepted record: `topic/partition/offset`. */
  readonly place?: string;
  readonly atMs: number;
}

/** The last line: everything that was to be sent has been accepted or refused. */
export interface LastLine {
  readonly sent: number;
}

export interface AnswerLog {
  /** Resolves when it is on disk. */
  write(lines: readonly (LogLine | LastLine)[]): Promise<void>;
  close(): Promise<void>;
}

export async function openAnswerLog(file: string): Promise<AnswerLog> {
  const handle: FileHandle = await open(file, 'a', 0o600);
  let waiting: { readonly text: string; readonly done: () => void }[] = [];
  let writing: Promise<void> | null = null;

  /** Lines that come while others are written share the next flush. */
  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const now = waiting;
      waiting = [];
      await handle.appendFile(now.map(({ text }) => text).join(''));
      await handle.datasync();
      for (const { done } of now) done();
    }
    writing = null;
  }

  return {
    write: (lines) =>
      new Promise((resolve, reject) => {
        waiting.push({ text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), done: resolve });
        writing ??= flush();
        writing.catch(reject);
      }),
    async close() {
      await writing;
      await handle.close();
    },
  };
}

/** Throws when the sender has not come to its end. */
export function readAnswerLog(file: string): readonly LogLine[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as LogLine | LastLine);
  const last = parsed.pop();
  if (last === undefined || !('sent' in last)) throw new Error(`${file}: the sender did not come to its end`);
  const answered = parsed.flatMap((line) => ('way' in line ? [line] : []));
  const final = answered.filter(({ answer }) => answer !== 'again').length;
  if (final !== last.sent) throw new Error(`${file}: ${final} final answers, but ${last.sent} were sent`);
  return answered;
}
