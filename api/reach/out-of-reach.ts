// The refusal of what lies outside of a key's reach. A class of its own: such refusals go into the audit, wherever they come from.

import type { Reach } from '../../domain/policy/reach.ts';
import { ApiProblem } from '../errors.ts';

export class OutOfReach extends ApiProblem {
  constructor(reach: Reach, what: string) {
    super('forbidden', `The key does not reach ${what}: it is limited to ${limitsOf(reach)}.`, {
      reason: 'out-of-reach',
    });
  }
}

function limitsOf({ environments, services }: Reach): string {
  const part = (kind: string, names: readonly string[] | undefined) =>
    names === undefined ? [] : [`${kind} ${names.join(', ')}`];
  return [...part('environments', environments), ...part('services', services)].join(' and ') || 'nothing';
}
