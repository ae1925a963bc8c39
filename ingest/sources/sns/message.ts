// Messages of SNS over HTTP, and whether SNS sent one: signature, age, topic. Source: docs.aws.amazon.com, SNS developer guide, "Parsing
// Amazon SNS message formats" and "Verifying the signatures of Amazon SNS messages".

import { createVerify } from 'node:crypto';
import { z } from 'zod';
import type { IngestAppDeps } from '../../http/deps.ts';
import { parsed, Refused, refuseIf, unauthenticated } from '../../http/event-request.ts';
import { type Delivery, isOff } from '../webhook.ts';
import { signingCertificate } from './certificate.ts';
import { isHeard, signerNames, snsUrl, type Topic, topicOf } from './topic.ts';

/** SNS gives up on a message after an hour. */
const longestMs = 60 * 60_000;
/** How far its clock may be ahead of ours. */
const aheadMs = 5 * 60_000;

const text = z.string().nullish();
const messageSchema = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'expected an id'),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.base64().min(1).max(2_000),
  SigningCertURL: z.string().max(1_000),
  ...{ Subject: text, SubscribeURL: text, Token: text },
});
export type SnsMessage = z.output<typeof messageSchema>;

const signedFields = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const satisfies Record<SnsMessage['Type'], readonly (keyof SnsMessage)[]>;

/** Each field with its name before it, one a line; what the message does not have is left out. */
function signedText(message: SnsMessage): string {
  return signedFields[message.Type]
    .flatMap((name) => (message[name] == null ? [] : [`${name}\n${message[name]}\n`]))
    .join('');
}

const hashes = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' } as const;
const certificatePath = /^\/SimpleNotificationService-[A-Za-z0-9_-]{1,100}\.pem$/;

export type TopicMessage = SnsMessage & { readonly topic: Topic };

export function messageIn({ headers, raw }: Delivery): TopicMessage {
  refuseRaw(headers);
  const message = parsed(messageSchema, raw);
  const topic = topicOf(message.TopicArn);
  if (topic === null) {
    refuseIf({ kind: 'invalid', field: 'TopicArn', detail: 'is no ARN of a topic' });
    throw new TypeError('unreachable');
  }
  return { ...message, topic };
}

function refuseRaw(headers: Headers): void {
  if (headers.get('x-amz-sns-rawdelivery') !== 'true') return;
  const detail =
    'raw message delivery carries no signature: turn it off for this subscription (RawMessageDelivery=false)';
  refuseIf({ kind: 'invalid', field: 'x-amz-sns-rawdelivery', detail });
}

/** Throws `Refused` unless SNS sent it, lately, for a topic that is heard. */
export async function checkSent(
  delivery: Delivery,
  { topics }: { readonly topics: readonly string[] },
  { documents, clock }: Pick<IngestAppDeps, 'documents' | 'clock'>,
): Promise<void> {
  if (topics.length === 0) throw isOff('/api/v1/webhooks/sns', 'ingest.sns.topics names no topic');
  const message = messageIn(delivery);
  const { topic } = message;
  if (!isHeard(topic, topics)) {
    const detail = `ingest.sns.topics does not name ${topic.arn}`;
    throw new Refused({ status: 403, kind: 'forbidden', title: 'Forbidden', detail });
  }
  const nowMs = clock.nowMs();
  const ageMs = nowMs - Date.parse(message.Timestamp);
  if (ageMs > longestMs || ageMs < -aheadMs)
    throw unauthenticated(`the message is of ${message.Timestamp}; at most an hour is accepted`);
  const url = snsUrl(message.SigningCertURL, topic);
  if (url === null || !certificatePath.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw unauthenticated(`SigningCertURL is no certificate of SNS in ${topic.region}`);
  const judged = signingCertificate((await documents.read(url.href)) ?? '', signerNames(topic), nowMs);
  if (!judged.ok) throw unauthenticated(`what is at SigningCertURL ${judged.detail}`);
  const signature = Buffer.from(message.Signature, 'base64');
  const check = createVerify(hashes[message.SignatureVersion]).update(signedText(message), 'utf8');
  if (!check.verify(judged.certificate.publicKey, signature))
    throw unauthenticated('the signature does not fit the message');
}
