/** Calls as `execute` makes them, for tests that ask an executor themselves: permitted, and with nobody hanging up. */
import type { Call } from '../../activities/ports/executor.ts';
import type { Send } from '../../domain/remediation/intent.ts';

export function callOf(send: Send, more: Partial<Call> = {}): Call {
  return { signal: new AbortController().signal, permit: async () => ({ ok: true }), ...send, ...more };
}
