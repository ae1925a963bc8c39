// What stands in the way of acting on EC2 instances: another account, instances that are not there, rights that are missing
// (by EC2's own dry run), and rights beyond. Changes nothing.

import { type Finding, warning } from '../../../domain/doctor.ts';
import { refusalOf, wordsOf } from '../answers.ts';
import { checkRights, deniedRights, identityProblem, type Proof } from '../check.ts';
import { type Credentials, createSessions, type Sessions } from '../session.ts';
import { type Ec2Api, openEc2 } from './api.ts';
import { openGroups } from './auto-scaling.ts';
import { arnOf, effectRight } from './rights.ts';
import type { Ec2Settings } from './settings.ts';
import type { Instance } from './wire.ts';

export async function checkEc2(settings: Ec2Settings, base?: Credentials): Promise<Finding> {
  const title = `Executor ${settings.name}`;
  const sessions = createSessions(settings, base);
  const ec2 = openEc2(settings, sessions);
  try {
    const wrong = await identityProblem(settings, sessions);
    if (wrong !== null) return warning(title, wrong.detail, wrong.advice);
    const found = await ec2.instances();
    const absent = settings.instances.ids.filter((id) => !found.some(({ InstanceId }) => InstanceId === id));
    if (absent.length > 0)
      return warning(
        title,
        `${settings.region} has no instance ${absent.join(', ')} with the tags of the configuration`,
        'Correct executors[].instances, or tag them; nothing is seen there.',
      );
    const [first] = found;
    if (first === undefined)
      return warning(
        title,
        `no instance in ${settings.region} has the tags`,
        'Correct executors[].instances.tags.',
      );
    const refusals = [
      ...(await deniedRights(proofsOf(settings, ec2, sessions, first))),
      ...(await refusedVerbs(settings, ec2, sessions, first)),
    ];
    if (refusals.length > 0)
      return warning(
        title,
        `missing rights: ${refusals.join('; ')}`,
        `Grant them: "sentinel executor permissions ${settings.name}" prints exactly what is needed.`,
      );
    const arn = arnOf(settings, first.InstanceId);
    return await checkRights(title, settings, sessions, {
      needed: [],
      beyond: [
        { actions: ['ec2:TerminateInstances', 'ec2:ModifyInstanceAttribute'], resources: [arn] },
        { actions: ['ec2:RebootInstances'], resources: [arnOf(settings, 'i-00000000000000000')] },
        { actions: ['ec2:RunInstances'], resources: ['*'] },
      ],
      about: `${found.length} instances found in ${settings.region}; EC2's dry runs pass`,
    });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return warning(
      title,
      said,
      `Correct it, then run "sentinel doctor" again: "sentinel executor permissions ${settings.name}" prints the rights it needs.`,
    );
  }
}

/** The readings beside that of the instances; some of them only some of the actions need. */
function proofsOf(
  settings: Ec2Settings,
  ec2: Ec2Api,
  sessions: Sessions,
  { InstanceId, InstanceType }: Instance,
): readonly Proof[] {
  const { actions } = settings;
  return [
    ['ec2:DescribeInstanceStatus', () => ec2.checks([InstanceId])],
    ...(actions.some((verb) => verb !== 'restart') ? openGroups(settings, sessions).proofs(InstanceId) : []),
    ...(actions.includes('stop')
      ? [['ec2:DescribeInstanceTypes', () => ec2.localDisks([InstanceType])] as const]
      : []),
  ];
}

async function refusedVerbs(
  settings: Ec2Settings,
  ec2: Ec2Api,
  sessions: Sessions,
  { InstanceId }: Instance,
): Promise<readonly string[]> {
  const refusals: string[] = [];
  for (const verb of settings.actions) {
    const right = effectRight(settings, verb, InstanceId);
    const credentials = await sessions.forEffect({ name: 'sentinel-doctor', ...right });
    try {
      await ec2.rehearse(verb, InstanceId, credentials);
    } catch (error) {
      const what = `${right.actions.join(', ')} on ${InstanceId}`;
      const refusal = refusalOf(what, error);
      // A machine that is stopped cannot be stopped: that says nothing of rights.
      if (refusal?.code !== 'changed-meanwhile') refusals.push(refusal?.reason ?? wordsOf(what, error));
    }
  }
  return refusals;
}
