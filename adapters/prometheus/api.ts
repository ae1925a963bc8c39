// What is asked of a Prometheus, and of all that speak as it does. Source: prometheus.io/docs/prometheus/latest/querying/api.

import { z } from 'zod';
import { guardedFetch } from '../http/guarded-fetch.ts';

export type Labels = Readonly<Record<string, string>>;
export type Value = { readonly labels: Labels; readonly value: number };
export type Course = {
  readonly labels: Labels;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
};

/** Nobody answers, or the way in is closed: nothing is known. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
}
/** It answers, but not this query: that is wrong, or asks too much. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
}

/** It was given the time for one query, and took longer. */
export class TooSlow extends QueryRefused {}

export type PrometheusApi = {
  instant(query: string, signal: AbortSignal): Promise<readonly Value[]>;
  range(
    query: string,
    range: { readonly fromSeconds: number; readonly toSeconds: number; readonly stepSeconds: number },
    signal: AbortSignal,
  ): Promise<readonly Course[]>;
};

export type Address = {
  readonly url: string;
  readonly username?: string | undefined;
  readonly tenant?: string | undefined;
  readonly timeoutSeconds: number;
};

const mostBytes = 16 * 1024 * 1024;

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
const failure = z.object({ errorType: z.string(), error: z.string() });

export function connectPrometheus(address: Address, secret: string | null): PrometheusApi {
  const { url, timeoutSeconds } = address;
  const base = url.replace(/\/+$/, '');
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...credentials(address, secret) };

  async function ask(path: string, form: Record<string, string>, signal: AbortSignal): Promise<unknown> {
    const limit = AbortSignal.timeout(timeoutSeconds * 1_000);
    const body = new URLSearchParams({ ...form, timeout: `${timeoutSeconds}s` }).toString();
    let status: number;
    let text: string;
    try {
      const response = await guardedFetch(`${base}/api/v1/${path}`, {
        ...{ method: 'POST', headers, body, signal: AbortSignal.any([signal, limit]) },
      });
      status = response.status;
      text = await bounded(response);
    } catch (error) {
      if (error instanceof QueryRefused) throw error;
      signal.throwIfAborted();
      if (limit.aborted) throw new TooSlow(`${host(url)} does not answer within ${timeoutSeconds} s`);
      throw new NotAnswered(`${host(url)} cannot be reached (${reasonOf(error)})`, { cause: error });
    }
    const answer = parsed(text);
    if (status >= 200 && status < 300 && answer !== null) return (answer as { data?: unknown }).data;
    const told = failure.safeParse(answer);
    const said = told.success ? told.data.error.replace(/\s+/g, ' ').slice(0, 300) : `status ${status}`;
    const isQuerys = status === 400 || status === 422 || (told.success && told.data.errorType === 'canceled');
    if (told.success && told.data.errorType === 'timeout') throw new TooSlow(said);
    if (isQuerys) throw new QueryRefused(said);
    if (status === 401 || status === 403)
      throw new NotAnswered(`${host(url)} does not accept the credentials (${status})`);
    throw new NotAnswered(`${host(url)} answers with ${said}`);
  }

  return {
    async instant(query, signal) {
      const data = instantAnswer.safeParse(await ask('query', { query }, signal));
      if (!data.success) throw new QueryRefused('the answer is neither a vector nor a number');
      return data.data.resultType === 'scalar'
        ? finite([{ labels: {}, value: Number(data.data.result[1]) }])
        : finite(
            data.data.result.map(({ metric, value }) => ({ labels: named(metric), value: Number(value[1]) })),
          );
    },
    async range(query, { fromSeconds, toSeconds, stepSeconds }, signal) {
      const form = { query, start: String(fromSeconds), end: String(toSeconds), step: String(stepSeconds) };
      const data = matrix.safeParse(await ask('query_range', form, signal));
      if (!data.success) throw new QueryRefused('the answer is no matrix');
      return data.data.result.map(({ metric, values }) => ({
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

function credentials({ username, tenant }: Address, secret: string | null): Readonly<Record<string, string>> {
  const basic = (): string => Buffer.from(`${username}:${secret ?? ''}`).toString('base64');
  return {
    ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    ...(username !== undefined
      ? { authorization: `Basic ${basic()}` }
      : secret === null
        ? {}
        : { authorization: `Bearer ${secret}` }),
  };
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw new QueryRefused(`the answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function host(url: string): string {
  return new URL(url).host;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}
