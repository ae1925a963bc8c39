/** CloudWatch does what a monitor has to, whatever stands in between. Against moto. */
import { checkCloudWatch } from '../../../../adapters/aws/cloudwatch/doctor.ts';
import { createCloudWatchReadings } from '../../../../adapters/aws/cloudwatch/readings.ts';
import { askedAt, putInto } from '../../../support/aws/cloudwatch.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';
import { monitorContract } from '../../monitors/contract.ts';

const minute = 60_000;
const region = 'eu-north-1';
const json = 'application/x-amz-json-1.0';

await describeWith<MotoInfo>('moto', 'moto', (moto) => {
  monitorContract('CloudWatch', { inOrder: true }, async () => {
    const put = putInto(moto.url, region);
    // Samples come a minute apart, all of them of the last quarter of an hour.
    let atMs = Math.floor(Date.now() / minute) * minute - 13 * minute;
    await put.values('Sample', [atMs, 1]);
    await put.alarm('contract', 'OK');
    return {
      url: moto.url,
      start(url) {
        const metric = { namespace: 'Shop', metric: 'Sample', dimensions: { Service: 'orders' } };
        const { monitored, sessions, api } = askedAt(url, region, {
          timeoutSeconds: 2,
          // Who this is, the gateway does not stand in the way of.
          endpoints: { monitoring: url, logs: url, sts: moto.url },
          metrics: [{ name: 'sample', service: 'orders', ...metric }],
        });
        let aheadMs = 0;
        return {
          readings: createCloudWatchReadings(monitored, api, () => Date.now() + aheadMs),
          later: () => {
            aheadMs += minute;
          },
          check: () => checkCloudWatch(monitored, sessions, api),
        };
      },
      fire: (on) => put.alarm('contract', on ? 'ALARM' : 'OK'),
      async sample(value) {
        atMs += minute;
        await put.values('Sample', [atMs, value]);
      },
      samplesIn: (seen) => seen.flatMap((one) => (one.kind === 'gauge' ? [one.value] : [])),
      refusals: {
        credentials: {
          ...{ status: 403, type: json },
          body: '{"__type":"UnrecognizedClientException","message":"The security token is invalid."}',
        },
        throttled: {
          ...{ status: 400, type: json },
          body: '{"__type":"ThrottlingException","message":"Rate exceeded"}',
        },
      },
      stop: async () => {},
    };
  });
});
