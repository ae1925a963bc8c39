// Which incidents and moments a way to people is for: the same four settings for each of them.

import { z } from 'zod';
import { moments } from '../../domain/incident/moments.ts';
import type { Severity } from '../../domain/scope.ts';
import { duration } from '../duration.ts';

const severities = ['info', 'warning', 'critical'] as const satisfies readonly Severity[];

/** Fields for a strict object; read them back with `routeOf`. */
export function routingFields(defaults: { cooldown: string; severities: readonly Severity[] }) {
  return {
    severities: z
      .array(z.enum(severities))
      .min(1)
      .default([...defaults.severities])
      .describe('Severities to notify about. An incident that is raised to one of them counts from then on.'),
    environments: z
      .array(z.string().min(1).max(100))
      .min(1)
      .default(['*'])
      .describe('Environments to notify about; `*` is a wildcard.'),
    moments: z
      .array(z.enum(moments))
      .min(1)
      .default([...moments])
      .describe(
        'What to notify about: `opened`, `approval` (a decision is needed), `restarted` (the workflow was lost and started again), `escalated` (a person has to take over), `closed`. ' +
          'A channel that was told of an incident is always told when it ends.',
      ),
    cooldown: duration('0s', '24h')
      .prefault(defaults.cooldown)
      .describe(
        'Minimum time between messages about one incident. Does not delay the first message, approvals or the end.',
      ),
  };
}

export type Routing = {
  readonly severities: readonly Severity[];
  readonly environments: readonly string[];
  readonly moments: readonly (typeof moments)[number][];
  readonly cooldown: number;
};

/** The settings as the notification dispatcher takes them. */
export function routeOf({ severities: grave, environments, moments: wanted, cooldown }: Routing) {
  return { severities: grave, environments, moments: wanted, cooldownMs: cooldown };
}
