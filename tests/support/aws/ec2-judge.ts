/** What the identity of a request may ask EC2, Auto Scaling and IAM: by the policies of its role, and by that of its session. */
import type { Policy } from '../../../adapters/aws/rights.ts';
import { type Asked, deniedBy } from './policies.ts';

export interface Judge {
  /** Policies of the roles. */
  readonly policies: { readonly read: Policy; readonly write: Policy };
  readonly account: string;
  /** Tags of the instances there are. */
  tagsOf(id: string): Readonly<Record<string, string>>;
}

export interface AskedAs {
  /** Null outside of a session: such a one may only assume roles. */
  readonly session: { readonly role: string; readonly policy: Policy | null } | null;
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
  /** What the request is signed for: `ec2`, in `eu-central-1`. */
  readonly service: string;
  readonly region: string;
  readonly nowMs: number;
}

export function isDenied({ policies, account, tagsOf }: Judge, asked: AskedAs): boolean {
  const { session, action, input, service, region, nowMs } = asked;
  if (session === null) return action !== 'AssumeRole';
  if (action === 'GetCallerIdentity') return false;
  const id = input['InstanceId.1'];
  const isEffect = id !== undefined && /Instances$/.test(action) && !action.startsWith('Describe');
  const resource = isEffect
    ? `arn:aws:ec2:${region}:${account}:instance/${id}`
    : (input.PolicySourceArn ?? '*');
  const tags = isEffect ? Object.entries(tagsOf(id)) : [];
  const one: Asked = {
    action: `${service}:${action}`,
    resources: [resource],
    context: {
      'aws:CurrentTime': new Date(nowMs).toISOString(),
      'aws:RequestedRegion': region,
      ...Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
    },
  };
  const granted = session.role.endsWith('write') ? policies.write : policies.read;
  return (
    deniedBy(granted, one) !== null || (session.policy !== null && deniedBy(session.policy, one) !== null)
  );
}
