// The keys that both AWS executors have: where it is, and as whom.

import { z } from 'zod';

const region = z
  .string()
  .regex(/^[a-z]{2,}(-[a-z]+)+-[0-9]+$/, 'expected the name of a region, such as eu-central-1');

const role = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'expected the ARN of an IAM role');

/** Of a service, in place of that of AWS. */
export const endpointSetting = z.string().refine(isAllowed, {
  error: 'expected https://host[:port], or http://127.0.0.1:port (clear text only on this machine)',
});

/** Both keys and values as people choose them; no wildcards. */
export const tagsSchema = z.record(z.string().min(1).max(128), z.string().max(256));

export const commonKeys = {
  account: z
    .string()
    .regex(/^\d{12}$/, 'expected the 12 digits of an AWS account, in quotes')
    .describe('AWS account, twelve digits. `doctor` compares it with the one of the credentials.'),
  region: region.describe('AWS region.'),
  readRole: role
    .optional()
    .describe('Role to assume for reading. Default: the credentials that the AWS SDK finds by itself.'),
  writeRole: role
    .optional()
    .describe(
      'Role to assume for effects: a session of 15 minutes for each, which may do only this one action on this one thing and has the id of the intent as its name. Without it effects use the credentials that the AWS SDK finds by itself, with all their rights.',
    ),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(60)
    .default(3)
    .describe('How long one request may take. Requests are never repeated.'),
  callsPerMinute: z
    .int()
    .min(0)
    .max(6_000)
    .default(60)
    .describe(
      'How many requests a minute it may make to see what its targets do, whether anything is wrong or not. 0: none.',
    ),
};

export const endpointsSchema = <Service extends string>(service: Service) =>
  z
    .strictObject({
      [service]: endpointSetting.optional().describe('Of the service itself.'),
      autoscaling: endpointSetting.optional().describe('Of auto scaling, which is asked who else decides.'),
      sts: endpointSetting.optional().describe('Of STS, which gives out sessions.'),
      iam: endpointSetting.optional().describe('Of IAM, which is asked about rights.'),
    } as Record<Service | 'autoscaling' | 'sts' | 'iam', z.ZodOptional<typeof endpointSetting>>)
    .default({} as never)
    .describe('Other addresses than those of AWS: private links.');

/** What sessions, rights and `doctor` need to know, whichever service it is about. */
export type AwsSettings = {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly readRole?: string | undefined;
  readonly writeRole?: string | undefined;
  readonly timeoutSeconds: number;
  readonly endpoints: { readonly sts?: string | undefined; readonly iam?: string | undefined };
};

/** `aws`, and the names of the clouds that are kept apart from it. */
export function partitionOf(regionName: string): string {
  if (regionName.startsWith('cn-')) return 'aws-cn';
  return regionName.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Requests are signed, not encrypted. */
function isAllowed(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, pathname, username, search } = new URL(url);
  if (pathname !== '/' || username !== '' || search !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
