// How much one sender may ask before others wait for him.

import { z } from 'zod';

const perMinute = (count: number) => z.int().min(0).max(100_000_000).default(count);

export const rateLimitsSchema = z
  .strictObject({
    perKey: perMinute(1_200).describe('Requests to the API with one API key.'),
    perAddress: perMinute(600).describe(
      'Requests from one address without a valid key: public pages, and attempts with wrong keys.',
    ),
    eventsPerSource: perMinute(6_000).describe(
      'Requests with events and alerts with one key, or from one address without a good key. A request may carry many events.',
    ),
    telemetryPerSource: perMinute(120_000).describe(
      'OTLP requests with one key, or from one address without a good key. A request carries what a collector gathered.',
    ),
  })
  .describe('Requests a minute, per process; more are answered with 429. 0 is no limit.');
