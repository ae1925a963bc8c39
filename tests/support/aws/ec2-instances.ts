/** Instances in a server that speaks EC2, for tests: each has tags of its own, so that no two tests share one. */
import {
  type _InstanceType,
  DescribeImagesCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';

export const ec2Region = 'eu-central-1';
export const ec2Credentials = { accessKeyId: 'AKIABASE', secretAccessKey: 'base-secret-key-never-shown' };

export interface Instances {
  readonly client: EC2Client;
  readonly image: string;
  run(
    tags?: Record<string, string>,
    type?: _InstanceType,
  ): Promise<{ readonly id: string; readonly team: string }>;
}

let team = 0;

export async function instancesAt(url: string): Promise<Instances> {
  const client = new EC2Client({
    endpoint: url,
    region: ec2Region,
    credentials: ec2Credentials,
    maxAttempts: 1,
  });
  const image = (await client.send(new DescribeImagesCommand({}))).Images?.[0]?.ImageId ?? '';
  return {
    client,
    image,
    async run(tags = {}, type = 't3.micro') {
      team += 1;
      // Servers of a run are shared by its test files.
      const own = `team-${process.pid}-${team}`;
      const all = { team: own, service: 'orders', ...tags };
      const { Instances } = await client.send(
        new RunInstancesCommand({
          ImageId: image,
          MinCount: 1,
          MaxCount: 1,
          InstanceType: type,
          TagSpecifications: [
            { ResourceType: 'instance', Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) },
          ],
        }),
      );
      return { id: Instances?.[0]?.InstanceId ?? '', team: own };
    },
  };
}
