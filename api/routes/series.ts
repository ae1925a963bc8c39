// GET /api/v1/series: what telemetry history has of one service, as few enough points to draw.

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { environment, oneLine, range, wholeNumber } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { type Series, seriesKinds } from '../ports/telemetry.ts';
import { named } from '../schemas/named.ts';
import { instantMs } from '../schemas/scope.ts';

const secondMs = 1000;
const defaultRangeMs = 15 * 60 * secondMs;
/** Longer than history is kept by default. */
const longestRangeMs = 7 * 86_400 * secondMs;

const series = named<Series>()(
  'Series',
  z.strictObject({
    name: z
      .string()
      .meta({ description: 'What the values are: `calls`, `errors`, a metric, a log template.' }),
    labels: z.record(z.string(), z.string()),
    points: z.array(z.strictObject({ atMs: instantMs, value: z.number() })),
  }),
);

export const seriesQuery = route({
  method: 'GET',
  path: '/api/v1/series',
  permission: 'viewer',
  summary:
    'Calls, metrics or logs of a service over time, in up to `points` steps; the last 15 minutes by default.',
  query: z.strictObject({
    kind: z.enum(seriesKinds).meta({ examples: ['calls'] }),
    environment: environment.meta({ examples: ['production'] }),
    service: oneLine(200).meta({ examples: ['orders'] }),
    metric: oneLine(200).optional(),
    ...range,
    points: wholeNumber(1, 1000)
      .prefault('240')
      .meta({ type: 'integer', minimum: 1, maximum: 1000, default: 240 }),
  }),
  answers: {
    200: z.strictObject({
      fromMs: instantMs,
      toMs: instantMs,
      stepMs: z.int(),
      truncated: z.boolean().meta({ description: 'There was more; the oldest is missing.' }),
      series: z.array(series),
    }),
  },
  handler: async ({ query: { from, to, points, ...which }, deps }) => {
    if (deps.series === null) {
      throw new ApiProblem('unavailable', 'Telemetry history is switched off (clickhouse.enabled).', {
        reason: 'history-off',
      });
    }
    const toMs = to ?? deps.clock.nowMs();
    const fromMs = from ?? toMs - defaultRangeMs;
    const message = rangeProblem(toMs - fromMs);
    if (message !== null) {
      throw new ApiProblem('invalid-input', `from ${message}`, { errors: [{ field: 'from', message }] });
    }
    const stepMs = Math.ceil((toMs - fromMs) / points / secondMs) * secondMs;
    const found = await deps.series.series({ ...which, fromMs, toMs, stepMs });
    return { json: { fromMs, toMs, stepMs, ...found } };
  },
});

function rangeProblem(rangeMs: number): string | null {
  if (rangeMs <= 0) return 'must be before `to`';
  return rangeMs > longestRangeMs ? 'must be at most 7 days before `to`' : null;
}
