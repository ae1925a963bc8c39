// Amazon SNS as a sender, with a certificate of an authority of the test's own.

import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import type { ReadRemote } from '../../../ingest/ports.ts';
import { type Issued, issuedCertificate } from '../../support/certificate.ts';
import { nowMs } from './otlp.ts';

export const topicArn = 'arn:aws:sns:eu-west-1:123456789012:alarms';
export const certificateUrl =
  'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem';

let issued: Issued | undefined;
export function snsCertificate(): Issued {
  issued ??= issuedCertificate(['sns.amazonaws.com']);
  return issued;
}

/** As SNS says of them in "Verifying the signatures of Amazon SNS messages". */
function toSign(message: Readonly<Record<string, string>>): string {
  const names =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  return names.map((name) => (message[name] === undefined ? '' : `${name}\n${message[name]}\n`)).join('');
}

/** Read once: naughty strings are signed by the hundred. */
let ownKey: KeyObject | undefined;
function snsKey(): KeyObject {
  ownKey ??= createPrivateKey(snsCertificate().key);
  return ownKey;
}

export type Message = Readonly<Record<string, string>>;

/** Signed by whoever has the key. */
export function signed(message: Message, key: string | KeyObject = snsKey()): Message {
  const hash = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  return { ...message, Signature: createSign(hash).update(toSign(message)).sign(key, 'base64') };
}

export function notification(text: string, fields: Message = {}): Message {
  return {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: topicArn,
    Subject: 'ALARM: "orders-slow" in EU (Ireland)',
    Message: text,
    Timestamp: new Date(nowMs).toISOString(),
    SignatureVersion: '2',
    SigningCertURL: certificateUrl,
    UnsubscribeURL: `https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${topicArn}:c9135db0`,
    ...fields,
  };
}

export function confirmation(fields: Message = {}): Message {
  return {
    Type: 'SubscriptionConfirmation',
    MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
    Token: '2336412f37',
    TopicArn: topicArn,
    Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=2336412f37`,
    Timestamp: new Date(nowMs).toISOString(),
    SignatureVersion: '2',
    SigningCertURL: certificateUrl,
    ...fields,
  };
}

/** Hosts of AWS as far as SNS is concerned; keeps who was asked. */
export class AwsHosts {
  readonly asked: string[] = [];
  certificate = () => snsCertificate().cert;
  /** Of what is no certificate; null: nobody answers. */
  status: number | null = 200;
  readonly readRemote: ReadRemote = async (url) => {
    this.asked.push(url);
    if (this.status === null) throw new TypeError('fetch failed');
    if (url.endsWith('.pem')) return { status: 200, text: this.certificate() };
    return { status: this.status, text: '<ConfirmSubscriptionResponse/>' };
  };
}

export const headersOfSns = {
  'content-type': 'text/plain; charset=UTF-8',
  'x-amz-sns-message-type': 'Notification',
};

export type Dimension = { readonly name: string; readonly value: string };

/** Shape: CloudWatch user guide, "Notifying users on alarm changes", a metric alarm. */
export function alarm(
  fields: object = {},
  dimensions: readonly Dimension[] = [{ name: 'ServiceName', value: 'orders' }],
) {
  return {
    AlarmName: 'orders-slow',
    AlarmDescription: 'Orders answer slowly. severity=critical environment=prod',
    AWSAccountId: '123456789012',
    AlarmConfigurationUpdatedTimestamp: '2029-11-02T08:00:00.000+0000',
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: 1 datapoint [2.1] was greater than the threshold (1.0).',
    StateChangeTime: new Date(nowMs - 5 * 60_000).toISOString().replace('Z', '+0000'),
    Region: 'EU (Ireland)',
    AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-slow',
    OldStateValue: 'OK',
    OKActions: [topicArn],
    AlarmActions: [topicArn],
    InsufficientDataActions: [],
    Trigger: {
      MetricName: 'Latency',
      Namespace: 'Shop',
      StatisticType: 'Statistic',
      Statistic: 'AVERAGE',
      Unit: null,
      Dimensions: dimensions,
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1,
      TreatMissingData: 'missing',
    },
    ...fields,
  };
}
