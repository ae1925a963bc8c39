// The folders of one sandbox together: how full they are, what a clean-up would take, and the clean-up itself.

import { closeSync } from 'node:fs';
import { type CleanRules, clean } from './clean.ts';
import { type Opened, openFolder } from './descriptors.ts';
import { isCleanable } from './rules.ts';
import {
  batchName,
  claimBatch,
  closeBatch,
  existingTrash,
  type Outcome,
  openTrash,
  stateOfBatch,
  writeOutcome,
} from './trash.ts';
import { walk } from './walk.ts';

export type Measured = {
  readonly files: number;
  readonly bytes: number;
  /** What a clean-up would remove now. */
  readonly oldFiles: number;
  readonly oldBytes: number;
  /** False: it holds more than was looked through in time. */
  readonly complete: boolean;
};

export type SendState = 'not-begun' | 'closed' | 'begun' | { readonly ended: readonly Outcome[] };

/** Opens each folder anew: what is there now is the sandbox, not what was there when Sentinel started. */
export async function withFolders<T>(
  folders: readonly string[],
  use: (opened: readonly Opened[]) => Promise<T> | T,
): Promise<T> {
  const opened: Opened[] = [];
  try {
    for (const folder of folders) opened.push(openFolder(folder));
    return await use(opened);
  } finally {
    for (const { fd } of opened) closeSync(fd);
  }
}

export async function measure(
  sandboxes: readonly Opened[],
  rules: CleanRules,
  nowMs: number,
  withinMs: number,
): Promise<Measured> {
  const untilMs = performance.now() + withinMs;
  let measured: Measured = { files: 0, bytes: 0, oldFiles: 0, oldBytes: 0, complete: true };
  for (const sandbox of sandboxes) {
    const { complete } = await walk(sandbox, ({ name, file: { stat } }) => {
      if (performance.now() > untilMs) {
        measured = { ...measured, complete: false };
        return false;
      }
      const { files, bytes, oldFiles, oldBytes } = measured;
      const [size, old] = [Number(stat.size), isCleanable(name.toString('utf8'), stat, rules, nowMs)];
      measured = {
        ...measured,
        ...{ files: files + 1, bytes: bytes + size },
        ...(old ? { oldFiles: oldFiles + 1, oldBytes: oldBytes + size } : {}),
      };
      return true;
    });
    if (!complete) measured = { ...measured, complete: false };
  }
  return measured;
}

/** Null: this send was made before, or closed, and nothing was done now. */
export async function cleanAll(
  sandboxes: readonly Opened[],
  intentId: string,
  send: number,
  rules: CleanRules,
  nowMs: number,
  goOn: () => Promise<string | null>,
): Promise<readonly Outcome[] | null> {
  const outcomes: Outcome[] = [];
  for (const [index, sandbox] of sandboxes.entries()) {
    const stopped = index > 0 ? await goOn() : null;
    const trash = openTrash(sandbox);
    try {
      const claimed = claimBatch(trash, batchName(intentId, send));
      // Of the first folder it is the token of the send; of the others it is only where their files go.
      if (claimed === null) return index === 0 ? null : outcomes;
      try {
        const outcome =
          stopped === null
            ? await clean(sandbox, trash, claimed, rules, nowMs, goOn)
            : endedBefore(claimed.batch, stopped);
        outcomes.push(outcome);
        if (outcome.stopped !== null) break;
      } finally {
        closeSync(claimed.files.fd);
        closeSync(claimed.batch.fd);
      }
    } finally {
      closeSync(trash.fd);
    }
  }
  return outcomes;
}

/** Written like any other end, so that whoever asks later hears the same. */
function endedBefore(batch: Opened, stopped: string): Outcome {
  const outcome = { removed: 0, removedBytes: 0, kept: 0, complete: false, stopped };
  writeOutcome(batch, outcome);
  return outcome;
}

/** By the folder that is cleaned first: what its trash knows of the send. */
export function stateOfSend(sandboxes: readonly Opened[], intentId: string, send: number): SendState {
  const name = batchName(intentId, send);
  const states = sandboxes.map((sandbox) => {
    const trash = existingTrash(sandbox);
    if (trash === null) return { kind: 'none' } as const;
    try {
      return stateOfBatch(trash, name);
    } finally {
      closeSync(trash.fd);
    }
  });
  const [first] = states;
  if (first === undefined || first.kind === 'none') return 'not-begun';
  if (first.kind === 'closed') return 'closed';
  const ended = states.flatMap((state) => (state.kind === 'ended' ? [state.outcome] : []));
  const isOver = ended.length === states.length || ended.some(({ stopped }) => stopped !== null);
  return isOver ? { ended } : 'begun';
}

/** False: it has begun, and cannot be closed any more. */
export function closeSend(sandboxes: readonly Opened[], intentId: string, send: number): boolean {
  const [first] = sandboxes;
  if (first === undefined) return true;
  const trash = openTrash(first);
  try {
    return closeBatch(trash, batchName(intentId, send));
  } finally {
    closeSync(trash.fd);
  }
}
