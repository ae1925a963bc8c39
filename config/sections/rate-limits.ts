// How much one sender may ask before others wait for him.

import { z } from 'zod';

const perMinute = (count: number) => z.int().min(0).max(100_000_000).default(count);

export const rateLimitsSchema = z
  .strictObject({
    perKey: perMinute(1_200).describe('API requests with one API key.'),
    perAddress: perMinute(600).describe(
      'Requests from one address without a valid key: public pages and attempts with wrong keys.',
    ),
    eventsPerSource: perMinute(60_000).describe(
      'Requests carrying events or alerts, per key, or per address without a valid key. One request may carry many events.',
    ),
    telemetryPerSource: perMinute(120_000).describe(
      'OTLP requests, per key, or per address without a valid key. One request carries a whole batch from a collector.',
    ),
  })
  .describe('Requests per minute and process; beyond that: 429. 0 means no limit.');
