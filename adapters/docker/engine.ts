// The requests that Sentinel makes to a Docker engine, and no others: docs/docker-executor.md and the filter of a proxy name
// the same ones. Each is sent once, ends in time, and says how it failed.

import { readFileSync } from 'node:fs';
import Dockerode from 'dockerode';
import type { z } from 'zod';
import { plainLine } from '../../domain/text.ts';
import {
  eventsSchema,
  type Inspected,
  inspectedSchema,
  listedSchema,
  statsSchema,
  topSchema,
  versionSchema,
} from './wire.ts';

export type Verb = 'restart' | 'stop' | 'start';

export type EngineAddress = {
  /** `unix:///run/docker.sock`, or http(s). */
  readonly url: string;
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string } | undefined;
};

export type Engine = ReturnType<typeof connectEngine>;

/** A reading is shorter than the look at a target that waits for it. */
const readMs = 3_500;
const largestAnswerBytes = 4 * 1024 * 1024;
/** How long an engine may take for what it does after the grace a container has to stop. */
export const engineWorkMs = 20_000;

/** Why there is no usable answer. `status` is null when there was none at all. */
export class EngineError extends Error {
  readonly status: number | null;
  /** The connection was never made: nothing can have reached the engine. */
  readonly neverSent: boolean;

  constructor(message: string, status: number | null, neverSent: boolean, cause: unknown) {
    super(message, { cause });
    this.name = 'EngineError';
    this.status = status;
    this.neverSent = neverSent;
  }
}

export function connectEngine(address: EngineAddress) {
  const docker = new Dockerode(optionsOf(address));

  async function ask<T>(
    what: string,
    call: (options: { abortSignal: AbortSignal }) => Promise<unknown>,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const answer = schema.safeParse(await within(what, readMs, call, signal));
    if (answer.success) return answer.data;
    const [issue] = answer.error.issues;
    const problem = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    throw new EngineError(
      `${what}: an answer that Docker does not give (${problem})`,
      200,
      false,
      answer.error,
    );
  }

  return {
    /** Every container, whatever its state. */
    list: (signal?: AbortSignal) =>
      ask(
        'GET /containers/json',
        (options) => docker.listContainers({ all: true, ...options }),
        listedSchema,
        signal,
      ),

    /** Null when there is none of this id or name. */
    async inspect(id: string, signal?: AbortSignal): Promise<Inspected | null> {
      try {
        const call = (options: { abortSignal: AbortSignal }) => docker.getContainer(id).inspect(options);
        return await ask('GET /containers/…/json', call, inspectedSchema, signal);
      } catch (error) {
        if (error instanceof EngineError && error.status === 404) return null;
        throw error;
      }
    },

    version: (signal?: AbortSignal) =>
      // Its types know no options here, the client does.
      ask(
        'GET /version',
        (options) => (docker.version as (options: object) => Promise<unknown>).call(docker, options),
        versionSchema,
        signal,
      ),

    stats: (id: string, signal?: AbortSignal) =>
      ask(
        'GET /containers/…/stats',
        (options) => docker.getContainer(id).stats({ stream: false, 'one-shot': true, ...options }),
        statsSchema,
        signal,
      ),

    top: (id: string, signal?: AbortSignal) =>
      ask(
        'GET /containers/…/top',
        (options) => docker.getContainer(id).top({ ps_args: 'o pid,rss,args', ...options }),
        topSchema,
        signal,
      ),

    /**
     * What happened to containers between two moments of the engine's clock: it answers when the second one is over. It remembers
     * its last 256 events of any kind.
     */
    events: (sinceMs: number, untilMs: number, signal?: AbortSignal) =>
      ask(
        'GET /events',
        async (options) => {
          const [since, until] = [sinceMs, untilMs].map((ms) => (ms / 1_000).toFixed(3));
          const filters = { type: ['container'], event: ['die', 'oom', 'kill', 'health_status'] };
          // Fractions of seconds: its types know whole ones only.
          const wanted = { since, until, filters, ...options } as object;
          return jsonLines((await docker.getEvents(wanted)) as AsyncIterable<Uint8Array>);
        },
        eventsSchema,
        signal,
      ),

    /** Prepares running a program in a container: what Sentinel never does, asked by `doctor` about one that cannot exist. */
    async beyond(id: string): Promise<void> {
      const call = (options: { abortSignal: AbortSignal }) =>
        docker.getContainer(id).exec({ Cmd: ['true'], ...options });
      await within('POST /containers/…/exec', readMs, call);
    },

    /** Resolves when the engine says that it is done. `graceSeconds`: how long the container may take to stop by itself. */
    async act(verb: Verb, id: string, graceSeconds: number, signal?: AbortSignal): Promise<void> {
      const container = docker.getContainer(id);
      const call = (options: { abortSignal: AbortSignal }): Promise<unknown> => {
        if (verb === 'start') return container.start(options);
        return container[verb]({ t: graceSeconds, ...options });
      };
      await within(`POST /containers/…/${verb}`, graceSeconds * 1_000 + engineWorkMs, call, signal);
    },
  };
}

async function jsonLines(stream: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > largestAnswerBytes) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line));
}

/** The client waits for ever for an answer that breaks off in the middle, so the time limit is kept here as well. */
async function within(
  what: string,
  limitMs: number,
  call: (options: { abortSignal: AbortSignal }) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<unknown> {
  const late = AbortSignal.timeout(limitMs);
  const abortSignal = signal === undefined ? late : AbortSignal.any([signal, late]);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(abortSignal.reason);
  abortSignal.addEventListener('abort', abort, { once: true });
  try {
    if (abortSignal.aborted)
      throw new EngineError(`${what}: nobody waits for it any more`, null, true, abortSignal.reason);
    return await Promise.race([call({ abortSignal }), aborted.promise]);
  } catch (error) {
    throw asEngineError(what, late.aborted ? `no answer within ${limitMs / 1_000} s` : null, error);
  } finally {
    abortSignal.removeEventListener('abort', abort);
  }
}

/** Of the connection, before anything was written to it. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function asEngineError(what: string, instead: string | null, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { statusCode, code, json, message } = error as {
    statusCode?: number;
    code?: string;
    json?: { message?: unknown } | null;
    message?: string;
  };
  const said = typeof json?.message === 'string' ? json.message : (instead ?? message ?? String(error));
  const status = statusCode ?? null;
  const prefix = status === null ? what : `${what}: status ${status}`;
  return new EngineError(`${prefix}: ${plainLine(said, 300)}`, status, neverConnected.has(code ?? ''), error);
}

/**
 * Every option is given, because the client takes those that are left out from DOCKER_HOST and its like: another engine than
 * the configured one.
 */
function optionsOf({ url, tls }: EngineAddress): Dockerode.DockerOptions {
  const nothing = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    pathPrefix: '/',
    timeout: undefined,
  };
  const files =
    tls === undefined
      ? {}
      : {
          ca: readFileSync(tls.caFile, 'utf8'),
          cert: readFileSync(tls.certFile, 'utf8'),
          key: readFileSync(tls.keyFile, 'utf8'),
        };
  const secrets = { ca: undefined, cert: undefined, key: undefined, ...files };
  if (url.startsWith('unix://'))
    return { ...nothing, ...secrets, protocol: 'http', socketPath: url.slice('unix://'.length) } as object;
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'https:';
  return {
    ...nothing,
    ...secrets,
    protocol: secure ? 'https' : 'http',
    host: hostname,
    port: port === '' ? (secure ? 2376 : 2375) : Number(port),
  } as object;
}
