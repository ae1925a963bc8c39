/**
 * CloudWatch, SNS and its HTTP delivery by ministack: alarm, subscription and messages are its own. It signs nothing and answers on
 * its own address: what stands between signs with a key of the test, and writes the addresses as AWS has them.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApp } from '../ingest/support/app.ts';
import { defaultSettings, defaultSources } from '../ingest/support/memory.ts';
import { certificateUrl, type Message, signed, snsCertificate } from '../ingest/support/sns.ts';
import { type Ministack, ministackAccount, startMinistack } from '../support/aws/ministack.ts';
import { describeWith } from '../support/component.ts';
import type { MinistackInfo } from '../support/components/ministack.ts';

const region = 'eu-west-1';
const topic = `arn:aws:sns:${region}:${ministackAccount}:alarms`;

function scoped(service: string): string {
  const scope = `test/20300101/${region}/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
}

await describeWith<MinistackInfo>('ministack', 'CloudWatch through SNS', (info) => {
  let aws: Ministack;
  const closing: { close(): unknown }[] = [];
  const answers: { readonly type: string; readonly status: number }[] = [];
  const confirmed: number[] = [];
  const own = { settings: { ...defaultSettings.sns, topics: [topic] }, secrets: [] };
  const app = new TestApp({
    sources: { ...defaultSources(), sns: own },
    readRemote: async (url) => {
      if (url === certificateUrl) return { status: 200, text: snsCertificate().cert };
      const { pathname, search } = new URL(url);
      // The host of AWS says which region is meant; here the header does.
      const answer = await fetch(`${aws.url}${pathname}${search}`, {
        headers: { authorization: scoped('sns') },
      });
      confirmed.push(answer.status);
      return { status: answer.status, text: await answer.text() };
    },
  });

  /** The query protocol of AWS. */
  async function call(service: string, fields: Readonly<Record<string, string>>): Promise<void> {
    const headers = { authorization: scoped(service) };
    const answer = await fetch(aws.url, { method: 'POST', headers, body: new URLSearchParams(fields) });
    expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  }

  function asAws(message: Message): Message {
    const atAws = (url: string): string =>
      url.replace(/^http:\/\/[^/]+/, `https://sns.${region}.amazonaws.com`);
    const { SubscribeURL } = message;
    const url: Message = SubscribeURL === undefined ? {} : { SubscribeURL: atAws(SubscribeURL) };
    return signed({ ...message, ...url, SigningCertURL: certificateUrl });
  }

  const listening = async (server: ReturnType<typeof createAdaptorServer>): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  beforeAll(async () => {
    app.clock.current = Date.now();
    aws = await startMinistack(info, '/nonexistent/docker.sock');
    const sentinel = await listening(createAdaptorServer({ fetch: app.app.fetch }));
    const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const message = asAws(JSON.parse(Buffer.concat(chunks).toString()) as Message);
      const { 'content-type': type = '' } = request.headers;
      const answer = await fetch(`${sentinel}/api/v1/webhooks/sns`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(message),
      });
      answers.push({ type: message.Type ?? '', status: answer.status });
      response.writeHead(answer.status).end(await answer.text());
    };
    const between = createServer((request, response) => {
      passOn(request, response).catch(() => request.socket.destroy());
    });
    const endpoint = await listening(between);
    await call('sns', { Action: 'CreateTopic', Name: 'alarms' });
    await call('sns', { Action: 'Subscribe', TopicArn: topic, Protocol: 'http', Endpoint: endpoint });
  });
  afterAll(async () => {
    for (const one of closing) one.close();
    await aws?.stop();
  });

  test('its subscription is confirmed, and an alarm is an alert until it is over', async () => {
    await expect.poll(() => answers).toEqual([{ type: 'SubscriptionConfirmation', status: 202 }]);
    expect(confirmed).toEqual([200]);
    await call('monitoring', {
      ...{ Action: 'PutMetricAlarm', AlarmName: 'orders-slow', AlarmDescription: 'severity=critical' },
      ...{
        MetricName: 'Latency',
        Namespace: 'Shop',
        Statistic: 'Average',
        Period: '60',
        EvaluationPeriods: '1',
      },
      ...{ Threshold: '1', ComparisonOperator: 'GreaterThanThreshold' },
      ...{ 'Dimensions.member.1.Name': 'ServiceName', 'Dimensions.member.1.Value': 'orders' },
      ...{ 'AlarmActions.member.1': topic, 'OKActions.member.1': topic },
    });
    const states = () =>
      [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
    const set = (StateValue: string) =>
      call('monitoring', {
        Action: 'SetAlarmState',
        AlarmName: 'orders-slow',
        StateValue,
        StateReason: 'a test',
      });
    await set('ALARM');
    await expect.poll(states).toHaveLength(1);
    await set('OK');
    await expect.poll(states).toHaveLength(2);
    const [begun, over] = states();
    expect(begun).toMatchObject({
      ...{ state: 'firing', severity: 'critical', title: 'orders-slow' },
      scope: { service: 'orders' },
    });
    expect(over).toMatchObject({ id: begun?.id, state: 'cleared' });
  });
});
