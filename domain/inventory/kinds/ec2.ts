import type { Kind } from './kind.ts';

export const ec2: Kind = {
  id: 'ec2',
  isMachine: true,
  parts: [
    { name: 'region', pattern: /^[a-z]{2,}(-[a-z]+)+-[0-9]+$/, maxLength: 30 },
    { name: 'instance', pattern: /^i-[0-9a-f]{8,17}$/, maxLength: 19 },
  ],
  example: 'ec2/eu-central-1/i-0abc1234def567890',
  words: ([region, instance]) => `EC2 instance ${instance} in ${region}`,
  fromTelemetry: (attributes) => [
    attributes['cloud.region'],
    attributes['host.id']?.startsWith('i-') ? attributes['host.id'] : undefined,
  ],
};
