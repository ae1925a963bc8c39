// Topics of Amazon SNS: which of them are heard, and the addresses that belong to one. Source: docs.aws.amazon.com, SNS developer guide,
// "Verifying the signatures of Amazon SNS messages"; AWS General Reference, "Amazon SNS endpoints and quotas".

import { z } from 'zod';
import { matchesGlob } from '../../../domain/glob.ts';

export type Topic = {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
};

const form =
  /^arn:(aws(?:-cn|-us-gov)?):sns:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;

/** Null: it is no ARN of a topic. */
export function topicOf(arn: string): Topic | null {
  const [, partition = '', region = '', account = ''] = form.exec(arn) ?? [];
  return partition === '' ? null : { arn, partition, region, account };
}

/** A pattern stands for parts of an ARN, so a wildcard matches within one only. */
const pattern = z
  .string()
  .max(400)
  .regex(
    /^arn:aws(?:-cn|-us-gov)?:sns:[a-z0-9*?-]+:\d{12}:[A-Za-z0-9_.*?-]+$/,
    'expected the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME, with * and ? as wildcards in region and name. The account has to be written out: anybody may have a topic in another one',
  );

export const topicsSetting = z
  .array(pattern)
  .max(200)
  .default([])
  .describe(
    'ARNs of the topics that are heard, with `*` and `?` as wildcards in region and name: `arn:aws:sns:*:123456789012:alarms-*`. Subscriptions of others are not confirmed. Default: none, and the source is off.',
  );

export function isHeard({ arn }: Topic, patterns: readonly string[]): boolean {
  const parts = arn.split(':');
  return patterns.some((one) =>
    one.split(':').every((wanted, index) => matchesGlob(wanted, parts[index] ?? '')),
  );
}

function domainOf({ partition }: Topic): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** The address, when it is one of SNS in the region of the topic; null otherwise. */
export function snsUrl(text: string, topic: Topic): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isThere = url?.protocol === 'https:' && url.host === `sns.${topic.region}.${domainOf(topic)}`;
  return isThere && url.username === '' && url.password === '' ? url : null;
}

/** Names that certificates of SNS bear for a region; older, newer and opt-in regions differ. */
export function signerNames(topic: Topic): readonly string[] {
  const { region } = topic;
  const domain = domainOf(topic);
  const government = topic.partition === 'aws-us-gov' ? [`sns-us-gov-west-1.${domain}`] : [];
  const own = [`sns.${region}`, `sns-signing.${region}`, `sns-${region}`].map((name) => `${name}.${domain}`);
  return [...(topic.partition === 'aws' ? ['sns.amazonaws.com'] : []), ...own, ...government];
}
