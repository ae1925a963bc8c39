// How far a key reaches: in which environments and for which services it speaks. Without limits it reaches everywhere.

import { z } from 'zod';
import { matchesGlob } from '../glob.ts';

const pattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9._*?/-]+$/, 'expected letters, digits and . _ - / with * and ? as wildcards');

/** Names with `*` and `?` as wildcards; what is left out is not limited. */
export const reachSchema = z.strictObject({
  environments: z.array(pattern).min(1).max(50).optional().describe('Environments. Default: all.'),
  services: z.array(pattern).min(1).max(200).optional().describe('Services. Default: all.'),
});
export type Reach = {
  readonly environments?: readonly string[] | undefined;
  readonly services?: readonly string[] | undefined;
};

/**
 * Whether a key with this reach may speak about a service of an environment, or read about it. `service: null` stands for the
 * environment as a whole, which a key for some services only does not reach.
 */
export function reaches(reach: Reach | undefined, environment: string, service: string | null): boolean {
  const { environments, services } = reach ?? {};
  return fits(environments, environment === '*' ? null : environment) && fits(services, service);
}

/** Whether it reaches anything in an environment: all of it, or some of its services. */
export function reachesInto(reach: Reach | undefined, environment: string): boolean {
  return fits(reach?.environments, environment);
}

function fits(patterns: readonly string[] | undefined, name: string | null): boolean {
  return (
    patterns === undefined || patterns.some((one) => one === '*' || (name !== null && matchesGlob(one, name)))
  );
}

/**
 * What both reach. Of two patterns with wildcards only the same one is kept: rather too little than too much. What nothing is left
 * of reaches nothing.
 */
export function narrowed(one: Reach | undefined, other: Reach | undefined): Reach | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const environments = common(one.environments, other.environments);
  const services = common(one.services, other.services);
  return {
    ...(environments === undefined ? {} : { environments }),
    ...(services === undefined ? {} : { services }),
  };
}

function common(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const within = (patterns: readonly string[]) => (pattern: string) =>
    patterns.includes(pattern) ||
    patterns.includes('*') ||
    (!/[*?]/.test(pattern) && fits(patterns, pattern));
  return [...new Set([...one.filter(within(other)), ...other.filter(within(one))])];
}
