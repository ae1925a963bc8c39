// Dry run: everything was granted, and in place of the call the vendor is asked whether it would accept it.

import type { Intent } from '../domain/remediation/intent.ts';
import { plainLine } from '../domain/text.ts';
import type { Executor, Previewed } from './ports/executor.ts';

const longestDetail = 500;

/** What the vendor's own dry run says; a vendor that cannot be asked would not have been asked to act either. */
export async function previewed(
  executor: Executor,
  step: Pick<Intent, 'action' | 'target' | 'parameters'>,
  signal?: AbortSignal,
): Promise<Previewed> {
  try {
    const answer = await executor.preview(step, signal);
    return { ...answer, detail: plainLine(answer.detail, longestDetail) };
  } catch (error) {
    const detail = plainLine(error instanceof Error ? error.message : String(error), longestDetail);
    return { ok: false, code: 'unreachable', detail };
  }
}
