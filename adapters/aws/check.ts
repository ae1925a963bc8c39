// What `doctor` asks of AWS whatever the service: whose credentials these are, which rights are missing, and which are more
// than is needed.

import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { AwsError } from './answers.ts';
import type { Right } from './rights.ts';
import type { Sessions } from './session.ts';
import type { AwsSettings } from './settings.ts';
import { simulate } from './simulate.ts';

type Asked = Pick<Right, 'actions' | 'resources' | 'condition'>;

/** Null when the credentials are those of the configured account. */
export async function identityProblem(
  settings: AwsSettings,
  sessions: Sessions,
): Promise<{ readonly detail: string; readonly advice: string } | null> {
  const identities = settings.writeRole === undefined ? (['read'] as const) : (['read', 'write'] as const);
  for (const identity of identities) {
    const { account } = await sessions.callerOf(identity);
    if (account !== settings.account)
      return {
        detail: `the credentials for ${identity === 'read' ? 'reading' : 'effects'} are of account ${account}, the configuration says ${settings.account}`,
        advice: 'Correct executors[].account, or give it other credentials.',
      };
  }
  return null;
}

/** A right, and the request that needs no other one. */
export type Proof = readonly [right: string, ask: () => Promise<unknown>];

/** Those of the rights that AWS denies. It does not always say itself which one a request lacked. */
export async function deniedRights(proofs: readonly Proof[]): Promise<readonly string[]> {
  const denied: string[] = [];
  for (const [right, ask] of proofs)
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof AwsError && error.code === 'permission-denied')) throw error;
      denied.push(right);
    }
  return denied;
}

export async function checkRights(
  title: string,
  settings: AwsSettings,
  sessions: Sessions,
  { needed, beyond, about }: { needed: readonly Asked[]; beyond: readonly Asked[]; about: string },
): Promise<Finding> {
  const print = `"sentinel executor permissions ${settings.name}" prints exactly what is needed.`;
  const lacking = needed.length === 0 ? null : await simulate(settings, sessions, needed);
  if (lacking?.kind === 'told' && lacking.denied.length > 0)
    return warning(title, `${about}; missing rights: ${lacking.denied.join('; ')}`, `Grant them: ${print}`);
  const asked = beyond.flatMap(({ actions, resources }) =>
    actions.map((action) => ({ actions: [action], resources })),
  );
  const more = await simulate(settings, sessions, asked);
  if (more.kind === 'not-told')
    return warning(
      title,
      `${about}; which rights it has could not be proven: ${more.reason}`,
      `Allow iam:SimulatePrincipalPolicy on its role to the identity for reading: ${print}`,
    );
  const allowed = asked
    .map(({ actions: [action], resources }) => `${action} on ${resources.join(', ')}`)
    .filter((one) => !more.denied.includes(one));
  if (allowed.length > 0)
    return warning(
      title,
      `${about}; has more rights than it needs, among them ${allowed.join('; ')}`,
      `Take them away: ${print}`,
    );
  if (settings.writeRole === undefined)
    return warning(
      title,
      `${about}; effects use standing credentials`,
      'Set writeRole: then each effect has a session of its own, which may do nothing else.',
    );
  return ok(title, `${about}; every right it needs, and none of those that were tried beyond`);
}
