// Public documents that senders refer to, such as the certificates they sign with. Whoever posts here can make us ask for one: each is
// asked for once and kept, one that is not there is remembered for a while, and few are asked for at a time.

import type { Clock, ReadRemote } from '../ports.ts';
import type { Documents } from './deps.ts';
import { unavailable } from './event-request.ts';

const keptMs = 24 * 60 * 60_000;
const missingMs = 60_000;
const mostKept = 64;
const mostAsked = 4;

type Kept = { readonly text: string; readonly untilMs: number };

export function createDocuments(readRemote: ReadRemote, clock: Clock): Documents {
  const found = new Map<string, Kept>();
  // Apart, so that made-up addresses push out nothing that is needed.
  const missing = new Map<string, Kept>();
  const asked = new Map<string, Promise<string | null>>();

  async function ask(url: string): Promise<string | null> {
    const { status, text } = await readRemote(url);
    const { hostname } = new URL(url);
    if (status >= 500 || status === 429) throw new Error(`${hostname} answered ${status}`);
    const isThere = status === 200;
    const kept = isThere ? found : missing;
    kept.set(url, { text, untilMs: clock.nowMs() + (isThere ? keptMs : missingMs) });
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    return isThere ? text : null;
  }

  const live = (kept: ReadonlyMap<string, Kept>, url: string): Kept | null => {
    const one = kept.get(url);
    return one !== undefined && one.untilMs > clock.nowMs() ? one : null;
  };

  return {
    async read(url) {
      const known = live(found, url);
      if (known !== null) return known.text;
      if (live(missing, url) !== null) return null;
      let answer = asked.get(url);
      if (answer === undefined) {
        if (asked.size >= mostAsked) throw unavailable('too many certificates are being fetched; try again');
        answer = ask(url).finally(() => asked.delete(url));
        asked.set(url, answer);
      }
      return answer.catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw unavailable(`${url} could not be read (${reason}); send the same again`);
      });
    },
  };
}
