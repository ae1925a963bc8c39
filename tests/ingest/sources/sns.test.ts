import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sns } from '../../../ingest/sources/sns/index.ts';
import { issuedCertificate } from '../../support/certificate.ts';
import { TestApp } from '../support/app.ts';
import { defaultSettings, defaultSources } from '../support/memory.ts';
import { nowMs } from '../support/otlp.ts';
import {
  AwsHosts,
  alarm,
  certificateUrl,
  confirmation,
  headersOfSns,
  type Message,
  notification,
  signed,
  snsCertificate,
  topicArn,
} from '../support/sns.ts';

const path = '/api/v1/webhooks/sns';

function start(settings: object = { topics: [topicArn] }) {
  const aws = new AwsHosts();
  const own = { settings: { ...defaultSettings.sns, ...settings }, secrets: [] };
  const app = new TestApp({ sources: { ...defaultSources(), sns: own }, readRemote: aws.readRemote });
  const post = async (message: Message, headers: Readonly<Record<string, string>> = headersOfSns) => {
    const response = await app.post(path, JSON.stringify(message), headers);
    const { detail, ...said } = (await response.json()) as { detail?: string; ignored?: string };
    return { status: response.status, detail: detail ?? '', ...said };
  };
  const found = () =>
    [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
  return { app, aws, post, found };
}
const sent = (body: object, fields?: Message) => signed(notification(JSON.stringify(body), fields));

test('without a topic it is off, and asks nobody', async () => {
  const { post, aws } = start({});
  const said = await post(sent(alarm()));
  expect([said.status, said.detail]).toEqual([404, expect.stringContaining('ingest.sns.topics')]);
  expect(aws.asked).toEqual([]);
});

test.each([
  ['arn:aws:sns:eu-west-1:123456789012:alarms', true],
  ['arn:aws:sns:*:123456789012:*', true],
  ['arn:aws:sns:eu-*:123456789012:al?rms', true],
  ['arn:aws:sns:eu-west-1:123456789012:other', false],
  ['arn:aws:sns:us-*:123456789012:alarms', false],
  ['arn:aws:sns:*:210987654321:*', false],
])('with the topics %s it is heard: %s', async (pattern, heard) => {
  const { post, found } = start({ topics: [pattern] });
  const said = await post(sent(alarm()));
  expect([said.status, found().length]).toEqual(heard ? [202, 1] : [403, 0]);
  if (!heard) expect(said.detail).toContain(topicArn);
});

test('a pattern for any account, or any part of an ARN, is a mistake in the configuration', () => {
  const wrongWith = (topics: readonly string[]) =>
    sns.settings.safeParse({ topics }).error?.issues[0]?.message ?? null;
  expect(wrongWith(['arn:aws:sns:*:123456789012:alarms-*'])).toBeNull();
  for (const one of ['*', 'arn:aws:sns:*:*:*', 'arn:aws:sns:eu-west-1:12345678901?:alarms', 'alarms'])
    expect(wrongWith([one])).toContain('account has to be written out');
});

test.each(['1', '2'])('signatures of version %s, with and without a subject', async (SignatureVersion) => {
  const { post } = start();
  expect((await post(sent(alarm(), { SignatureVersion }))).status).toBe(202);
  const { Subject: _, ...without } = notification(JSON.stringify(alarm()), { SignatureVersion });
  expect((await post(signed(without))).status).toBe(202);
});

test('each field that is signed counts', async () => {
  const { post, found } = start();
  const message = sent(alarm());
  const others: Message = {
    Message: JSON.stringify(alarm({ AlarmName: 'another' })),
    MessageId: '00000000-fdea-4c2c-8f9d-bdfb0c7bf324',
    Subject: 'another',
    Timestamp: new Date(nowMs - 1_000).toISOString(),
    TopicArn: topicArn.replace('alarms', 'alarms2'),
    SignatureVersion: '1',
    Signature: Buffer.alloc(256, 7).toString('base64'),
  };
  const { post: postAny } = start({ topics: ['arn:aws:sns:*:123456789012:*'] });
  for (const [name, value] of Object.entries(others))
    expect([name, (await postAny({ ...message, [name]: value })).status]).toEqual([name, 401]);
  for (const name of ['SubscribeURL', 'Token'])
    expect((await post({ ...signed(confirmation()), [name]: `${confirmation()[name]}0` })).status).toBe(401);
  expect(found()).toEqual([]);
});

test('older than an hour, or from the future, it is refused', async () => {
  const at = async (minutes: number) => {
    const Timestamp = new Date(nowMs + minutes * 60_000).toISOString();
    return (await start().post(sent(alarm(), { Timestamp }))).status;
  };
  expect(await Promise.all([-61, -59, 4, 6].map(at))).toEqual([401, 202, 202, 401]);
});

const host = 'https://sns.eu-west-1.amazonaws.com';
const file = '/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem';
test.each([
  `http://sns.eu-west-1.amazonaws.com${file}`,
  `https://sns.us-east-1.amazonaws.com${file}`,
  `https://sns.eu-west-1.amazonaws.com.cn${file}`,
  `https://sns.eu-west-1.amazonaws.com.evil.example${file}`,
  `https://evil.example/sns.eu-west-1.amazonaws.com${file}`,
  `https://sns.eu-west-1.amazonaws.com@evil.example${file}`,
  `https://user@sns.eu-west-1.amazonaws.com${file}`,
  `https://sns.eu-west-1.amazonaws.com:8443${file}`,
  `https://s3.eu-west-1.amazonaws.com${file}`,
  `https://169.254.169.254${file}`,
  `${host}/bucket/own.pem`,
  `${host}/?Action=Publish&x=.pem`,
  `${host}${file}?x=1`,
  `${host}/SimpleNotificationService-1.txt`,
  'file:///etc/passwd.pem',
  'no address',
])('a certificate at %s is not asked for', async (SigningCertURL) => {
  const { post, aws } = start();
  expect((await post(sent(alarm(), { SigningCertURL }))).status).toBe(401);
  expect(aws.asked).toEqual([]);
});

test('a certificate counts for the names of its region, alone or with who issued it', async () => {
  const { cert, issuer, key } = snsCertificate();
  const names = ['sns-signing.eu-west-1.amazonaws.com', 'sns.eu-west-1.amazonaws.com'] as const;
  const regional = issuedCertificate(names, { key });
  for (const text of [cert, `${cert}\n${issuer}`, regional.cert]) {
    const { post, aws } = start();
    aws.certificate = () => text;
    expect((await post(sent(alarm()))).status).toBe(202);
  }
});

test('what is no certificate of SNS is told apart', async () => {
  const { cert, key } = snsCertificate();
  const other = issuedCertificate(['sns.eu-central-1.amazonaws.com'], { key });
  const small = issuedCertificate(['sns.amazonaws.com'], { bits: 1024 });
  const over = issuedCertificate(['sns.amazonaws.com'], { key, to: '20290101000000Z' });
  const early = issuedCertificate(['sns.amazonaws.com'], { key, from: '20310101000000Z' });
  const cases = [
    ['<html>', key, 'is no certificate'],
    [cert.replace(/[A-Za-z]{20}/, 'AAAAAAAAAAAAAAAAAAAA'), key, ''],
    [snsCertificate().issuer, key, 'of an authority'],
    [other.cert, other.key, 'issued to nobody of sns.amazonaws.com'],
    [small.cert, small.key, '2048 bits'],
    [over.cert, over.key, 'not valid after'],
    [early.cert, early.key, 'not valid before'],
    [`${cert}\n${other.issuer}`, key, 'was not issued by'],
    [`${cert}\n${cert}`, key, 'was not issued by'],
  ] as const;
  for (const [text, signer, detail] of cases) {
    const { post, aws, found } = start();
    aws.certificate = () => text;
    const said = await post(signed(notification(JSON.stringify(alarm())), signer));
    expect([said.status, said.detail]).toEqual([401, expect.stringContaining(detail)]);
    expect(found()).toEqual([]);
  }
});

test('a subscription to a topic that is heard is confirmed, and confirmed again does no harm', async () => {
  const { post, aws, found } = start();
  const message = signed(confirmation());
  for (const _ of [1, 2])
    expect(await post(message)).toMatchObject({ status: 202, ignored: 'the subscription is confirmed' });
  expect(aws.asked).toEqual([certificateUrl, message.SubscribeURL, message.SubscribeURL]);
  expect(found()).toEqual([]);
});

test('no other subscription is confirmed', async () => {
  const elsewhere = confirmation({ TopicArn: topicArn.replace('alarms', 'others') });
  const urls = [
    `${host}/?Action=ConfirmSubscription&TopicArn=${topicArn}2&Token=1`,
    `${host}/?Action=DeleteTopic&TopicArn=${topicArn}`,
    `http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}`,
    `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}`,
    `https://169.254.169.254/?Action=ConfirmSubscription&TopicArn=${topicArn}`,
  ];
  const { post, aws } = start();
  expect((await post(signed(elsewhere))).status).toBe(403);
  for (const SubscribeURL of urls)
    expect((await post(signed(confirmation({ SubscribeURL })))).status).toBe(422);
  expect((await post({ ...confirmation(), Signature: 'AAAA' })).status).toBe(401);
  expect(new Set(aws.asked)).toEqual(new Set([certificateUrl]));
});

test('a confirmation that cannot be made now is asked for again; one that is too late is not', async () => {
  const { post, aws } = start();
  await post(sent(alarm()));
  for (const status of [null, 500, 429]) {
    aws.status = status;
    expect((await post(signed(confirmation()))).status).toBe(503);
  }
  aws.status = 403;
  expect(await post(signed(confirmation()))).toMatchObject({
    status: 422,
    detail: expect.stringContaining('403'),
  });
});

test('while AWS is not reached messages are asked for again, and then they are taken', async () => {
  const { post, aws, found } = start();
  const { certificate } = aws;
  aws.certificate = () => {
    throw new TypeError('fetch failed');
  };
  expect((await post(sent(alarm()))).status).toBe(503);
  aws.certificate = certificate;
  expect((await post(sent(alarm()))).status).toBe(202);
  expect(found()).toHaveLength(1);
});

test('one delivered again, also after the alarm has ended, is no news', async () => {
  const { post, app, found } = start();
  const begun = sent(alarm());
  const StateChangeTime = new Date(nowMs - 60_000).toISOString();
  await post(begun);
  await post(sent(alarm({ NewStateValue: 'OK', StateChangeTime })));
  app.clock.current += 50 * 60_000;
  expect(await post(begun)).toMatchObject({ status: 202, accepted: 0, duplicates: 1 });
  expect(found().map(({ state }) => state)).toEqual(['firing', 'cleared']);
});

test('raw delivery is refused, and told how to turn it off', async () => {
  const { app } = start();
  const raw = { ...headersOfSns, 'x-amz-sns-rawdelivery': 'true' };
  const response = await app.post(path, JSON.stringify(alarm()), raw);
  const { detail } = (await response.json()) as { detail: string };
  expect([response.status, detail]).toEqual([422, expect.stringContaining('RawMessageDelivery=false')]);
});

test('the end of a subscription, and an alarm without data, are taken and say nothing', async () => {
  const { post, found } = start();
  const ended = signed(confirmation({ Type: 'UnsubscribeConfirmation' }));
  expect(await post(ended)).toMatchObject({ status: 202, ignored: 'the subscription has ended' });
  const unknown = sent(alarm({ NewStateValue: 'INSUFFICIENT_DATA' }));
  expect(await post(unknown)).toMatchObject({
    status: 202,
    ignored: expect.stringContaining('without data'),
  });
  expect(found()).toEqual([]);
});

test.each([
  ['Hello world!', 422, 'Message: is not JSON'],
  [
    '{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification"}',
    422,
    'neither a CloudWatch alarm',
  ],
  ['{"AlarmName":"x","NewStateValue":"FIRE"}', 422, 'Message.NewStateValue'],
  [`${'['.repeat(500)}${']'.repeat(500)}`, 413, 'nested deeper'],
])('what is no alarm is refused with its reason: %s', async (text, status, detail) => {
  const said = await start().post(signed(notification(text)));
  expect([said.status, said.detail]).toEqual([status, expect.stringContaining(detail)]);
});

/** Shape: CloudWatch user guide, "Notifying users on alarm changes", a composite alarm. */
const composite = {
  AlarmName: 'shop-unwell',
  AlarmDescription: 'service=shop',
  AWSAccountId: '123456789012',
  NewStateValue: 'ALARM',
  NewStateReason: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-slow transitioned to ALARM',
  StateChangeTime: '2030-01-02T03:00:00.123+0000',
  Region: 'EU (Ireland)',
  AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop-unwell',
  OKActions: [],
  AlarmActions: [topicArn],
  InsufficientDataActions: [],
  OldStateValue: 'OK',
  AlarmRule: 'ALARM("orders-slow") OR ALARM("orders-errors")',
  TriggeringChildren: [
    {
      Arn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-slow',
      State: { Value: 'ALARM', Timestamp: '2030-01-02T03:00:00.000+0000' },
    },
  ],
};
/** Shape: CloudWatch user guide, "Alarm events and EventBridge". */
const event = (value: string) => ({
  version: '0',
  id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '123456789012',
  time: '2030-01-02T03:00:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:ServerCpuTooHigh'],
  detail: {
    alarmName: 'ServerCpuTooHigh',
    configuration: {
      description: 'Goes into alarm when server CPU utilization is too high!',
      metrics: [
        {
          id: '30b6c6b2-a864-43a2-4877-c09a1afc3b87',
          metricStat: {
            metric: {
              dimensions: { InstanceId: 'i-12345678901234567' },
              name: 'CPUUtilization',
              namespace: 'AWS/EC2',
            },
            period: 300,
            stat: 'Average',
          },
          returnData: true,
        },
      ],
    },
    previousState: { reason: '…', timestamp: '2030-01-02T02:55:00.000+0000', value: 'OK' },
    state: { reason: 'Threshold Crossed', timestamp: '2030-01-02T03:00:00.123+0000', value },
  },
});

test('composite alarms and events of EventBridge are alerts, too', async () => {
  const { post, found } = start({ topics: [topicArn], environments: { '123456789012': 'live' } });
  for (const body of [composite, event('ALARM'), event('OK')])
    expect((await post(sent(body))).status).toBe(202);
  const [shop, server, over] = found();
  const onsetMs = Date.parse('2030-01-02T03:00:00.123Z');
  expect(shop).toMatchObject({
    scope: { environment: 'live', service: 'shop' },
    title: 'shop-unwell',
    onsetMs,
  });
  expect(server).toMatchObject({ scope: { service: 'i-12345678901234567' }, onsetMs, state: 'firing' });
  expect(over).toMatchObject({ id: server?.id, state: 'cleared' });
});

test('one alarm that is told as a notification and as an event is one alert', async () => {
  const { post, found } = start();
  await post(sent(event('ALARM')));
  const same = { AlarmName: 'ServerCpuTooHigh', AlarmArn: event('ALARM').resources[0], Trigger: undefined };
  await post(
    sent(alarm({ ...same, StateChangeTime: '2030-01-02T03:00:00.123+0000', AlarmDescription: null })),
  );
  expect(new Set(found().map(({ id }) => id)).size).toBe(1);
});

test.each([
  [
    [{ name: 'LoadBalancer', value: 'app/checkout/50dc6c495c0c9188' }],
    {},
    'checkout',
    'default-env',
    undefined,
  ],
  [
    [
      { name: 'InstanceId', value: 'i-1' },
      { name: 'QueueName', value: 'jobs' },
    ],
    {},
    'jobs',
    'default-env',
    'i-1',
  ],
  [[], {}, 'orders-slow', 'default-env', undefined],
  [
    [{ name: 'FunctionName', value: 'fn-live' }],
    { services: { 'fn-live': { service: 'pay', environment: 'eu' } } },
    'pay',
    'eu',
    undefined,
  ],
  [
    [
      { name: 'Team', value: 'a' },
      { name: 'ServiceName', value: 'b' },
    ],
    { dimensions: ['Team'] },
    'a',
    'default-env',
    undefined,
  ],
] as const)(
  'dimensions %j with %j are about %s',
  async (dimensions, settings, service, environment, resourceId) => {
    const { post, found } = start({ topics: [topicArn], ...settings });
    await post(sent(alarm({ AlarmDescription: 'no hint' }, dimensions)));
    expect(found()[0]?.scope).toEqual({
      environment,
      service,
      ...(resourceId === undefined ? {} : { resourceId }),
    });
  },
);

test('metrics of an expression name the service as well', async () => {
  const { post, found } = start();
  const Metrics = [
    { Expression: 'm1 / m2', Id: 'e1', Label: 'ratio', ReturnData: true },
    {
      Id: 'm1',
      MetricStat: {
        Metric: { Dimensions: [{ value: 'carts', name: 'ServiceName' }], MetricName: 'E', Namespace: 'Shop' },
      },
    },
  ];
  await post(sent(alarm({ Trigger: { Period: 60, Metrics } })));
  expect(found()[0]?.scope.service).toBe('carts');
});

test('what the documentation has people paste is accepted', () => {
  const page = readFileSync('docs/cloudwatch.md', 'utf8');
  const [, topic = ''] = /topics: \["([^"]+)"\]/.exec(page) ?? [];
  expect(sns.settings.safeParse({ topics: [topic] }).success).toBe(true);
});
