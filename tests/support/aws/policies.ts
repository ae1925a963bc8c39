/** IAM's judgement, as far as the policies of this project go: what is not allowed by a statement is denied. */
import type { Policy, Statement } from '../../../adapters/aws/rights.ts';

export interface Asked {
  readonly action: string;
  readonly resources: readonly string[];
  /** Condition keys of the request: `ecs:cluster`, `aws:ResourceTag/team`, … */
  readonly context: Readonly<Record<string, string>>;
}

/** The first resource that is not allowed; null when all are. */
export function deniedBy(policy: Policy, { action, resources, context }: Asked): string | null {
  const refused = resources.find(
    (resource) => !policy.Statement.some((one) => allows(one, action, resource, context)),
  );
  return refused ?? null;
}

/** Of all pairs of these actions and resources those that are allowed. */
export function allowedBy(
  policy: Policy,
  { actions, resources }: { readonly actions: readonly string[]; readonly resources: readonly string[] },
  context: Asked['context'],
): readonly (readonly [action: string, resource: string])[] {
  return actions.flatMap((action) =>
    [...new Set(resources)]
      .filter((resource) => deniedBy(policy, { action, resources: [resource], context }) === null)
      .map((resource) => [action, resource] as const),
  );
}

function allows(
  { Action, Resource, Condition = {} }: Statement,
  action: string,
  resource: string,
  context: Asked['context'],
): boolean {
  return (
    Action.includes(action) &&
    Resource.some((pattern) => globOf(pattern).test(resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, value]) => holds(operator, context[key], value)),
    )
  );
}

function holds(operator: string, found: string | undefined, wanted: string): boolean {
  switch (operator) {
    case 'StringEquals':
    case 'ArnEquals':
      return found === wanted;
    case 'DateLessThan':
      return found !== undefined && Date.parse(found) < Date.parse(wanted);
    default:
      throw new Error(`a condition ${operator} is not known here`);
  }
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
