/** An EC2 executor before moto, with what its tests have in common. */

import type { Executor } from '../../../activities/ports/executor.ts';
import { createEc2Executor } from '../../../adapters/aws/ec2/executor.ts';
import { type Ec2Settings, settings as ec2Settings } from '../../../adapters/aws/ec2/settings.ts';
import { ec2Credentials, ec2Region } from './ec2-instances.ts';

export { environment, intentFor } from './first-call.ts';

export const account = '123456789012';
export const writeRole = `arn:aws:iam::${account}:role/sentinel-write`;

export function settingsOf(url: string, instances: object, more: object = {}): Ec2Settings {
  const given = {
    ...{ account, region: ec2Region, writeRole },
    endpoints: { ec2: url, autoscaling: url, sts: url, iam: url },
    // Long enough for a busy machine.
    ...{ instances, timeoutSeconds: 60, ...more },
  };
  return { name: 'machines', ...ec2Settings.parse(given) };
}

export function executorOf(settings: Ec2Settings, nowMs: () => number = Date.now): Executor {
  return createEc2Executor(settings, { nowMs }, ec2Credentials);
}
