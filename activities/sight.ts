// What one executor reports of one target, right now. Whatever goes wrong is a target that was not seen: never a guess.

import { type TargetRef, targetKey } from '../domain/inventory/target.ts';
import { redact } from '../domain/redaction/redact.ts';
import type { Sighting } from '../domain/remediation/precondition.ts';
import type { Executor } from './ports/executor.ts';

/** Longer than a reading takes, shorter than the activities that wait for it. */
const timeoutMs = 4_000;

export async function sight(executor: Executor, target: TargetRef): Promise<Sighting> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const seen = await Promise.race([executor.observe(target.environment, target.service), late.promise]);
    const state = seen.find((one) => targetKey(one.target) === targetKey(target));
    return state === undefined ? unseen(`${executor.name} has no such target`) : { kind: 'seen', state };
  } catch (error) {
    // A vendor's words go into the incident, where everybody reads them.
    const said = redact(error instanceof Error ? error.message : String(error));
    return unseen(`${executor.name} could not be asked: ${said}`);
  } finally {
    clearTimeout(timer);
  }
}

export function unseen(reason: string): Sighting {
  return { kind: 'unseen', reason };
}
