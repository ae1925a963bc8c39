// A task that has ended: whether something was wrong with it, and what ECS and its containers say of it.

import { plainLine } from '../../../domain/text.ts';
import type { Task } from './wire.ts';

export type Ended = {
  readonly atMs: number;
  /** The deployment that had started it; null where ECS does not say. */
  readonly deployment: string | null;
  /** `bad`: by itself, or because it did not answer. `taken`: the machine was. `meant`: a deployment, a new count, a person. */
  readonly how: 'bad' | 'taken' | 'meant';
  readonly words: string;
};

/** Of a process that was asked to end. */
const askedToEnd = new Set([0, 143]);

export function endedOf(task: Task, nowMs: number): Ended {
  return {
    // ECS may show that it is stopped before it shows since when.
    atMs: task.stoppedAt?.getTime() ?? nowMs,
    deployment: task.startedBy ?? null,
    how: howOf(task),
    words: wordsOf(task),
  };
}

function howOf({ stopCode, stoppedReason = '', containers }: Task): Ended['how'] {
  switch (stopCode) {
    case 'EssentialContainerExited':
    case 'TaskFailedToStart':
      return 'bad';
    case 'UserInitiated':
      return 'meant';
    case 'SpotInterruption':
    case 'TerminationNotice':
      return 'taken';
    case 'ServiceSchedulerInitiated':
      return /health/i.test(stoppedReason) ? 'bad' : 'meant';
    default:
      return containers.some(({ exitCode }) => exitCode !== undefined && !askedToEnd.has(exitCode))
        ? 'bad'
        : 'meant';
  }
}

/** Containers that ended well explain nothing. */
function wordsOf({ stoppedReason, containers }: Task): string {
  const ends = containers
    .filter(({ exitCode, reason }) => reason !== undefined || (exitCode !== undefined && exitCode !== 0))
    .map(({ name, exitCode, reason }) => {
      const code = exitCode === undefined ? '' : ` exit code ${exitCode}`;
      return `container ${name}${code}${reason === undefined ? '' : ` (${reason})`}`;
    });
  return plainLine([stoppedReason ?? 'ECS gave no reason', ...ends].join('; '), 400);
}
