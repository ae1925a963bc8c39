// A preview: the very change that would be made, as a dry run of the API server, with the identity that makes changes.

import type { Previewed } from '../../activities/ports/executor.ts';
import type { Api, Change } from './api.ts';
import type { Refusal } from './edit.ts';

const tries = 5;

/**
 * `make` reads and judges the object. Its controllers write it, too (a node reports its state, pods become ready), and a change that
 * depends on what was read right before then meets 409: it is made anew, a few times. `what`, in words, begins a refusal.
 */
export async function previewChange(
  write: Api,
  what: string,
  make: () => Promise<{ readonly ok: true; readonly change: Change } | Refusal>,
  signal?: AbortSignal,
): Promise<Previewed> {
  for (let tried = 1; ; tried += 1) {
    const made = await make();
    if (!made.ok) return { ok: false, code: made.code, detail: made.reason };
    const answer = await write.change({ ...made.change, dryRun: true }, signal);
    if (answer.kind === 'ok') return { ok: true, detail: 'accepted by a dry run of the API server' };
    if (answer.kind === 'refused' && answer.status === 409 && tried < tries) continue;
    const code = answer.kind === 'refused' ? answer.code : 'unreachable';
    return { ok: false, code, detail: `${what}: ${answer.reason}` };
  }
}
