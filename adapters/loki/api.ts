// What is asked of a Loki. Source: grafana.com/docs/loki/latest/reference/loki-http-api.

import { z } from 'zod';
import { type Labels, QueryRefused, type RuleApi } from '../monitor-rules/api.ts';
import { type Address, connectAsk, ruleApi } from '../monitor-rules/connect.ts';

/** Nanoseconds since the Unix epoch, as its clock has them: more than a number holds exactly. */
export type Line = { readonly atNs: bigint; readonly labels: Labels; readonly text: string };

export type LineRange = {
  readonly fromNs: bigint;
  /** Lines of this instant are not among them. */
  readonly toNs: bigint;
  readonly limit: number;
  readonly newestFirst?: boolean;
};

export type LokiApi = RuleApi & {
  /** In the order of their time, the oldest or the newest of the range. */
  lines(query: string, range: LineRange, signal: AbortSignal): Promise<readonly Line[]>;
};

const labels = z.record(z.string(), z.string());
/** What follows time and text are labels that are kept beside a stream, in newer versions. */
const value = z
  .tuple([z.string().regex(/^\d{1,20}$/), z.string()])
  .rest(z.unknown())
  .transform(([at, text]) => ({ atNs: BigInt(at), text }));
const streams = z.object({
  resultType: z.literal('streams'),
  result: z.array(z.object({ stream: labels, values: z.array(value) })),
});

export function connectLoki(address: Address, secret: string | null): LokiApi {
  const ask = connectAsk(address, '/loki/api/v1', secret);
  return {
    ...ruleApi(ask),
    async lines(query, { fromNs, toNs, limit, newestFirst = false }, signal) {
      const direction = newestFirst ? 'backward' : 'forward';
      const form = { query, start: `${fromNs}`, end: `${toNs}`, limit: `${limit}`, direction };
      const answer = streams.safeParse(await ask.data('query_range', form, signal));
      if (!answer.success) throw new QueryRefused('the answer holds no lines');
      return answer.data.result
        .flatMap(({ stream, values }) => values.map((one) => ({ ...one, labels: stream })))
        .sort((left, right) => (left.atNs < right.atNs ? -1 : left.atNs > right.atNs ? 1 : 0))
        .slice(0, limit);
    },
  };
}
