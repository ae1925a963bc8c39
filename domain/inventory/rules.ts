// What configuration says of targets: which service a resource serves, whose it is, how much depends on it, and that nothing
// may act on it. For each of these the first rule that fits a target and speaks of it counts.

import { z } from 'zod';
import { matchesGlob } from '../glob.ts';
import type { ObservedState } from './target.ts';

const glob = z
  .string()
  .min(1)
  .max(700)
  .regex(/^[A-Za-z0-9._*?/:@%-]+$/, 'expected letters, digits and . _ - / : @ % with * and ? as wildcards');
const words = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'expected one line of text');

const ruleSchema = z
  .strictObject({
    match: z
      .strictObject({
        environment: glob.optional().describe('Environment of the target.'),
        service: glob.optional().describe('Service name as the executor reports it.'),
        resource: glob
          .optional()
          .describe(
            'Key of the target, such as `kubernetes/main/shop/deployment/*` or `service/production/*`.',
          ),
      })
      .refine((match) => Object.values(match).some((one) => one !== undefined), {
        error: 'name at least one of environment, service and resource; `*` fits everything',
      })
      .describe('Targets the rule is about: all that is named must fit. `*` and `?` are wildcards.'),
    service: words
      .optional()
      .describe(
        'Service it serves, as in telemetry, where the executor calls it otherwise. Needs `match.resource`.',
      ),
    owner: words.optional().describe('Team it belongs to. Shown to people.'),
    tier: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,29}$/, 'expected up to 30 letters, digits, _ and -')
      .optional()
      .describe('How much depends on it, in your own terms (`critical`, `1`, …).'),
    protected: z
      .union([z.boolean(), words])
      .optional()
      .describe(
        '`true`, or the reason why: nothing acts on it, whatever policy says. `false` makes an exception from rules below.',
      ),
  })
  .refine(({ service, match }) => service === undefined || match.resource !== undefined, {
    path: ['service'],
    error: 'a rule that says which service a target serves needs match.resource',
  });

export const inventoryConfigSchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .max(1_000)
    .default([])
    .describe('For each field the first rule that fits a target and has the field counts.'),
});
export type InventoryConfig = z.infer<typeof inventoryConfigSchema>;

/** Keys of targets as rules match them: what is known by its name alone has one, too. */
type Described<State extends ObservedState> = { readonly state: State; readonly key: string };

/** The target with what the rules say of it. What the executor itself forbids stays forbidden. */
export function described<State extends ObservedState>(
  { state, key }: Described<State>,
  { rules }: InventoryConfig,
): State {
  const { environment, service, resource } = state.target;
  const fitting = rules.filter(
    ({ match }) =>
      fits(match.environment, environment) && fits(match.service, service) && fits(match.resource, key),
  );
  const first = <Field extends 'service' | 'owner' | 'tier' | 'protected'>(field: Field) =>
    fitting.find((rule) => rule[field] !== undefined)?.[field];
  // An executor that knows a target by its name alone would look for it under another one.
  const serves = resource === undefined ? undefined : first('service');
  const [team, tier, kept] = [first('owner'), first('tier'), first('protected')];
  const reason = kept === true ? 'an inventory rule protects it' : kept;
  const held = state.protected ?? (typeof reason === 'string' ? reason : undefined);
  return {
    ...state,
    ...(serves === undefined ? {} : { target: { ...state.target, service: serves } }),
    ...(team === undefined ? {} : { team }),
    ...(tier === undefined ? {} : { tier }),
    ...(held === undefined ? {} : { protected: held }),
  };
}

function fits(pattern: string | undefined, name: string): boolean {
  return pattern === undefined || matchesGlob(pattern, name);
}
