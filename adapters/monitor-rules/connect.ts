// Systems that are asked over HTTP in the manner of Prometheus: a form goes in, JSON comes out. Source:
// prometheus.io/docs/prometheus/latest/querying/api.

import { z } from 'zod';
import { credentials, parsed, reasonOf, textWithin } from '../http/answers.ts';
import { guardedFetch } from '../http/guarded-fetch.ts';
import { type Labels, NotAnswered, QueryRefused, type RuleApi, TooLong, TooSlow, type Value } from './api.ts';

export type Address = {
  readonly url: string;
  readonly username?: string | undefined;
  readonly tenant?: string | undefined;
  readonly timeoutSeconds: number;
};

export type Ask = {
  /** `data` of the answer. */
  data(path: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown>;
  aheadMs(): number;
};

const mostBytes = 16 * 1024 * 1024;
/** `Date` has whole seconds, and an answer takes its time. */
const surelyAheadMs = 15_000;

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());
const vector = z.object({
  resultType: z.literal('vector'),
  result: z.array(z.object({ metric: labels, value: sample })),
});
const scalar = z.object({ resultType: z.literal('scalar'), result: sample });
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(sample).default([]) })),
});
const instantAnswer = z.discriminatedUnion('resultType', [vector, scalar]);
const failure = z.object({ errorType: z.string().default(''), error: z.string() });

/** `prefix`: the path before `query`. */
export function connectAsk(address: Address, prefix: string, secret: string | null): Ask {
  const { url, timeoutSeconds } = address;
  const base = url.replace(/\/+$/, '');
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...credentials(address, secret) };
  let aheadMs = 0;

  async function data(
    path: string,
    form: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const limit = AbortSignal.timeout(timeoutSeconds * 1_000);
    const body = new URLSearchParams({ ...form, timeout: `${timeoutSeconds}s` }).toString();
    let response: Response;
    let text: string;
    try {
      response = await guardedFetch(`${base}${prefix}/${path}`, {
        ...{ method: 'POST', headers, body, signal: AbortSignal.any([signal, limit]) },
      });
      const ahead = Date.parse(response.headers.get('date') ?? '') - Date.now();
      aheadMs = Math.abs(ahead) > surelyAheadMs ? ahead : 0;
      text = await textWithin(
        response,
        mostBytes,
        () => new TooLong(`the answer is longer than ${mostBytes} bytes`),
      );
    } catch (error) {
      if (error instanceof QueryRefused) throw error;
      signal.throwIfAborted();
      if (limit.aborted) throw new TooSlow(`${host(url)} does not answer within ${timeoutSeconds} s`);
      throw new NotAnswered(`${host(url)} cannot be reached (${reasonOf(error)})`, { cause: error });
    }
    const answer = parsed(text);
    if (response.ok && answer !== null) return (answer as { data?: unknown }).data;
    throw failed(url, response, answer, text);
  }

  return { data, aheadMs: () => aheadMs };
}

function failed(url: string, { status, headers }: Response, answer: unknown, text: string): Error {
  const told = failure.safeParse(answer);
  const isPlain = headers.get('content-type')?.startsWith('text/plain') === true && text.trim() !== '';
  const words = told.success ? told.data.error : isPlain ? text : `status ${status}`;
  const said = words.replace(/\s+/g, ' ').trim().slice(0, 300);
  const isQuerys = status === 400 || status === 422 || (told.success && told.data.errorType === 'canceled');
  if (told.success && told.data.errorType === 'timeout') return new TooSlow(said);
  if (isQuerys) return new QueryRefused(said);
  if (status === 401 || status === 403)
    return new NotAnswered(`${host(url)} does not accept the credentials (${status})`);
  if (status === 429) return new NotAnswered(`${host(url)} is asked too much (429: ${said})`);
  return new NotAnswered(`${host(url)} answers with ${said}`);
}

/** Instants and courses, as Prometheus and Loki give them alike. */
export function ruleApi({ data, aheadMs }: Ask): RuleApi {
  return {
    aheadMs,
    async instant(query, signal) {
      const answer = instantAnswer.safeParse(await data('query', { query }, signal));
      if (!answer.success) throw new QueryRefused('the answer is neither a vector nor a number');
      return answer.data.resultType === 'scalar'
        ? finite([{ labels: {}, value: Number(answer.data.result[1]) }])
        : finite(
            answer.data.result.map(({ metric, value }) => ({
              labels: named(metric),
              value: Number(value[1]),
            })),
          );
    },
    async range(query, { fromSeconds, toSeconds, stepSeconds }, signal) {
      const form = { query, start: String(fromSeconds), end: String(toSeconds), step: String(stepSeconds) };
      const answer = matrix.safeParse(await data('query_range', form, signal));
      if (!answer.success) throw new QueryRefused('the answer is no matrix');
      return answer.data.result.map(({ metric, values }) => ({
        labels: named(metric),
        points: values.flatMap(([at, value]) =>
          Number.isFinite(Number(value)) ? [{ atMs: Math.round(at * 1_000), value: Number(value) }] : [],
        ),
      }));
    },
  };
}

/** A ratio of nothing is no number, and says nothing. */
function finite(values: readonly Value[]): readonly Value[] {
  return values.filter(({ value }) => Number.isFinite(value));
}

function named({ __name__, ...rest }: Record<string, string>): Labels {
  return rest;
}

function host(url: string): string {
  return new URL(url).host;
}
