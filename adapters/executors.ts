// The vendors Sentinel can act through, by the `type` that a configuration gives: a folder each, and one line here.

import { agent } from './agent/index.ts';
import { awsEc2 } from './aws/ec2/index.ts';
import { awsEcs } from './aws/ecs/index.ts';
import { docker } from './docker/index.ts';
import type { ExecutorVendor } from './executor-vendor.ts';
import { host } from './host/index.ts';
import { kubernetes } from './kubernetes/index.ts';
import { lab } from './lab/index.ts';
import { mock } from './mock/index.ts';

export const executorVendors = {
  lab,
  mock,
  docker,
  host,
  agent,
  kubernetes,
  'aws-ecs': awsEcs,
  'aws-ec2': awsEc2,
} satisfies Readonly<Record<string, ExecutorVendor>>;
