/**
 * A process that carries one intent through an executor and can be killed at any time: what it knows is in a file, as the store
 * would have it. Arguments: that file, then settings and intent as JSON.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Polled } from '../../../activities/ports/executor.ts';
import { createKubernetesExecutor } from '../../../adapters/kubernetes/executor.ts';
import { callOf } from '../calls.ts';

export type Recorded = {
  readonly sends: number;
  readonly handle?: string;
  readonly told: readonly string[];
  readonly end?: Polled;
};

const [file = '', settings = '', given = ''] = process.argv.slice(2);
const intent = JSON.parse(given);
const executor = createKubernetesExecutor(JSON.parse(settings), { nowMs: Date.now });

function recorded(): Recorded {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function record(more: Partial<Recorded>): void {
  writeFileSync(`${file}.next`, JSON.stringify({ ...recorded(), ...more }));
  renameSync(`${file}.next`, file);
}

const soon = () => Date.now() + 60_000;

for (;;) {
  const { sends, handle, told, end } = recorded();
  if (end !== undefined) break;
  if (handle !== undefined) {
    const polled = await executor.poll(intent, handle, new AbortController().signal);
    if (polled.kind !== 'running') record({ end: polled });
    else if (told.at(-1) !== polled.progress.words) record({ told: [...told, polled.progress.words] });
    await pause(50);
    continue;
  }
  if (sends > 0) {
    const found = await executor.close?.(intent, { number: sends, notAfterMs: soon() });
    if (found === 'happened') record({ end: { kind: 'done', after: null, summary: 'found done' } });
    if (found !== 'not-happened') {
      await pause(50);
      continue;
    }
  }
  record({ sends: sends + 1 });
  const begun = await executor.begin(intent, callOf({ number: sends + 1, notAfterMs: soon() }));
  if (begun.kind === 'accepted') record({ handle: begun.handle });
}
