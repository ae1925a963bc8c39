// CloudWatch alarms through Amazon SNS, as it posts to HTTP(S) subscriptions. Source: docs.aws.amazon.com, SNS developer guide, "Fanout
// Amazon SNS notifications to HTTPS endpoints".

import { z } from 'zod';
import { alarmDimensions, plainDimension, saidInDescription } from '../../../domain/alerts/alarm-words.ts';
import { severityOf } from '../../../domain/alerts/severity-words.ts';
import { reportedItem } from '../../events/reported.ts';
import { firstProblem } from '../../events/schema.ts';
import { refuseIf } from '../../http/event-request.ts';
import { innerJson } from '../inner-json.ts';
import { placeOf, servicesSetting } from '../places-setting.ts';
import { reachSetting } from '../reach-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';
import { type Alarm, alarmIn } from './alarm.ts';
import { checkSent, messageIn, type TopicMessage } from './message.ts';
import { snsUrl, topicsSetting } from './topic.ts';

const name = z.string().trim().min(1).max(200);

const settings = z
  .strictObject({
    topics: topicsSetting,
    environments: z
      .record(z.string().regex(/^\d{12}$/, 'expected the number of an AWS account, in quotes'), name)
      .default({})
      .describe(
        'Environments of AWS accounts: `{ "123456789012": production }`. Default: `defaultEnvironment`.',
      ),
    dimensions: z
      .array(name)
      .min(1)
      .max(50)
      .default([...alarmDimensions])
      .describe(
        'Dimensions of metrics that name the service, in order. The first one that an alarm has is used; without any, its name.',
      ),
    services: servicesSetting('CloudWatch'),
    reach: reachSetting,
  })
  .prefault({})
  .describe('CloudWatch alarms through Amazon SNS (docs/cloudwatch.md). Off until `topics` names one.');
type Settings = z.output<typeof settings>;

export const sns: Source<typeof settings> = {
  settings,
  limits: 'events',
  below: ['/api/v1/webhooks/sns'],
  ways: [
    webhook({
      route: 'sns',
      path: '/api/v1/webhooks/sns',
      takes: 'Messages of Amazon SNS with CloudWatch alarms',
      types: ['text/plain', 'application/json'],
      proof: { by: 'published', told: 'signature of SNS, `ingest.sns.topics`', check: checkSent },
      reach: ({ reach }) => reach,
      read: readMessage,
    }),
  ],
};

function readMessage(delivery: Delivery, context: ReadContext<Settings>): Reading {
  const message = messageIn(delivery);
  switch (message.Type) {
    case 'SubscriptionConfirmation':
      return confirmation(message);
    case 'UnsubscribeConfirmation':
      return { items: [], ignored: 'the subscription has ended' };
    case 'Notification':
      return notification(message, context);
  }
}

/** Confirmed again it is the same subscription. */
function confirmation({ topic, SubscribeURL }: TopicMessage): Reading {
  const url = snsUrl(SubscribeURL ?? '', topic);
  const { searchParams } = url ?? {};
  if (searchParams?.get('Action') !== 'ConfirmSubscription' || searchParams.get('TopicArn') !== topic.arn)
    refuseIf({
      kind: 'invalid',
      field: 'SubscribeURL',
      detail: `does not confirm ${topic.arn} in ${topic.region}`,
    });
  return {
    items: [],
    ...(url === null ? {} : { visit: url.href }),
    ignored: 'the subscription is confirmed',
    about: { topic: topic.arn },
  };
}

function notification({ Message }: TopicMessage, context: ReadContext<Settings>): Reading {
  const read = alarmIn(innerJson(Message, 'Message', context.limits));
  if (!read.ok) {
    const { field, detail } =
      read.error === null
        ? { field: '', detail: 'is neither a CloudWatch alarm nor its EventBridge event' }
        : firstProblem(read.error);
    refuseIf({ kind: 'invalid', field: ['Message', field].filter((part) => part !== '').join('.'), detail });
    return { items: [] };
  }
  const { alarm } = read;
  if (alarm.state === 'INSUFFICIENT_DATA')
    return { items: [], ignored: 'without data an alarm has neither begun nor ended' };
  return { items: [itemOf(alarm, context)] };
}

function itemOf(alarm: Alarm, context: ReadContext<Settings>) {
  const { dimensions, changedMs, name: title } = alarm;
  const { services, environments } = context.settings;
  const said = saidInDescription(alarm.description);
  const named = context.settings.dimensions.find((one) => (dimensions[one] ?? '') !== '') ?? '';
  const place = placeOf(services, said.service ?? plainDimension(dimensions[named] ?? '') ?? title);
  const ofAccount = Object.hasOwn(environments, alarm.account) ? environments[alarm.account] : undefined;
  return reportedItem(
    {
      id: alarm.arn,
      status: alarm.state === 'ALARM' ? 'firing' : 'resolved',
      service: place.service,
      environment: said.environment ?? (place.environment || (ofAccount ?? '')),
      component: said.component ?? '',
      resourceId: named === 'InstanceId' ? null : (dimensions.InstanceId ?? dimensions.TaskId ?? null),
      startsAtMs: alarm.state === 'ALARM' ? changedMs : null,
      endsAtMs: alarm.state === 'OK' ? changedMs : null,
      tellsChanges: true,
      severity: severityOf(said.severity ?? ''),
      title,
      source: 'cloudwatch',
    },
    context,
  );
}
