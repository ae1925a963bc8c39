// What an identity may do, as IAM itself judges its policies: for services that have no dry run. It does not see what a
// session, an organisation or the resource's own policy takes away.

import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { AwsError, reading, within } from './answers.ts';
import type { Right } from './rights.ts';
import { clientOptions, type Sessions } from './session.ts';
import type { AwsSettings } from './settings.ts';

export type Simulated =
  | { readonly kind: 'told'; readonly denied: readonly string[] }
  /** IAM may not be asked, or cannot be. */
  | { readonly kind: 'not-told'; readonly reason: string };

/** Which of these the identity for effects may not do. Asks with the identity for reading. */
export async function simulate(
  settings: AwsSettings,
  sessions: Sessions,
  rights: readonly Pick<Right, 'actions' | 'resources' | 'condition'>[],
  signal?: AbortSignal,
): Promise<Simulated> {
  const client = new IAMClient(clientOptions(settings, settings.endpoints.iam, sessions.reader));
  try {
    const principal = settings.writeRole ?? principalOf((await sessions.callerOf('write', signal)).arn);
    const denied: string[] = [];
    for (const { actions, resources, condition } of rights) {
      const { EvaluationResults } = await reading('asking IAM about the rights for effects', () =>
        within(settings.timeoutSeconds * 1_000, signal, (abortSignal) =>
          client.send(
            new SimulatePrincipalPolicyCommand({
              PolicySourceArn: principal,
              ActionNames: [...actions],
              ResourceArns: [...resources],
              ContextEntries: Object.values(condition ?? {}).flatMap((keys) =>
                Object.entries(keys).map(([key, value]) => ({
                  ContextKeyName: key,
                  ContextKeyType: 'string' as const,
                  ContextKeyValues: [value],
                })),
              ),
            }),
            { abortSignal },
          ),
        ),
      );
      // What is not answered for is not allowed.
      for (const action of actions) {
        const results = (EvaluationResults ?? []).filter(({ EvalActionName }) => EvalActionName === action);
        const allowed = results.length > 0 && results.every(({ EvalDecision }) => EvalDecision === 'allowed');
        if (!allowed) denied.push(`${action} on ${resources.join(', ')}`);
      }
    }
    return { kind: 'told', denied };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { kind: 'not-told', reason: error.message };
  } finally {
    client.destroy();
  }
}

/** A session is judged by its role; the path of a role is not in the ARN of a session. */
function principalOf(arn: string): string {
  const session = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return session === null ? arn : `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`;
}
