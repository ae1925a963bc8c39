// What parameters of actions have in common: names, and going back to the version before.

import { z } from 'zod';
import type { ActionParameters, FoundParameters } from './action.ts';

/** Names that executors give to things: what a version, a release or a task may be called. */
export const safeName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/,
    'letters, digits and . _ : / @ + - only, at most 100 of them',
  );

export function found(parameters: ActionParameters): FoundParameters {
  return { ok: true, parameters };
}

export function notFound(reason: string): Extract<FoundParameters, { ok: false }> {
  return { ok: false, reason };
}

/** The version before, as parameter `to`. */
export function versionBefore(what: string, current: string, previous: string | undefined): FoundParameters {
  if (previous === undefined || previous === '') return notFound(`no earlier ${what} is known`);
  if (previous === current) return notFound(`the earlier ${what} is the current one`);
  return found({ to: previous });
}
