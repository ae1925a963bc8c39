/** Everything that runs the contract, and why a case of it cannot be there: what the table in docs/adding-an-executor.md says. */
import type { OptionalCase } from './cases.ts';

type Suite = {
  readonly title: string;
  readonly never: Partial<Readonly<Record<OptionalCase, string>>>;
};

const atOnce = {
  'a worker dies before the handle is kept': 'it is complete when it is answered: there is no handle',
  'a worker dies while it runs': 'it is complete when it is answered',
  cancel: 'it is complete when it is answered: there is nothing left to stop',
} as const;

const container = {
  cancel: 'an engine takes nothing back that it has begun',
  'readings lag behind': 'an engine shows what it has done to a container at once',
} as const;

const folder = {
  ...atOnce,
  revert: 'nothing brings deleted files back',
  'revert twice': 'nothing brings deleted files back',
  'permission denied': 'the tests may run as root, whom no folder is denied',
  throttled: 'a file system asks nobody to slow down',
  'readings lag behind': 'a file system shows what was done to it at once',
} as const;

const quorum =
  'it is one object, and what was written last is what the API server reads (a quorum read of etcd)';

const cloud = {
  cancel: 'AWS has no call that takes it back',
  close: 'AWS has no place for a mark that would refuse a later call',
} as const;

export const suites = {
  mock: {
    title: 'The mock',
    never: { ...atOnce, 'readings lag behind': 'it keeps its targets in memory, and shows them as they are' },
  },
  'mock-slow': {
    title: 'The mock that takes its time',
    never: { 'readings lag behind': 'it keeps its targets in memory, and shows them as they are' },
  },
  lab: {
    title: 'The practice system',
    never: {
      ...atOnce,
      'readings lag behind': 'its supervisor keeps what there is in memory, and shows it as it is',
    },
  },
  docker: {
    title: 'Docker',
    never: { ...container, close: 'an engine has no place for a mark that would refuse a later call' },
  },
  'docker-agent': { title: 'Docker through an agent', never: container },
  sandbox: { title: 'A sandbox', never: folder },
  'sandbox-agent': { title: 'A sandbox through an agent', never: folder },
  kubernetes: { title: 'A workload of Kubernetes', never: {} },
  cordon: {
    title: 'A cordon',
    never: {
      ...atOnce,
      'an empty set': 'it is about the node itself, whatever runs there',
      'readings lag behind': quorum,
    },
  },
  drain: { title: 'A drain', never: {} },
  'pause-sync': { title: 'The pause of an owner', never: { ...atOnce, 'readings lag behind': quorum } },
  'ecs-count': { title: 'The count of an ECS service', never: cloud },
  'ecs-release': { title: 'The release of an ECS service', never: cloud },
  ec2: { title: 'An EC2 instance', never: cloud },
} as const satisfies Readonly<Record<string, Suite>>;

export type SuiteName = keyof typeof suites;
