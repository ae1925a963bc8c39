// A webhook: a sender's JSON at a path, made into inbox items by a pure function. Who sent it is proved first; every part of it that
// can be used is stored before the 2xx; what can never be used is answered once and not asked for again.

import type { Reach } from '../../domain/policy/reach.ts';
import type { EventSchemas, Invalid } from '../events/schema.ts';
import type { IngestAppDeps } from '../http/deps.ts';
import {
  answerEvents,
  byKey,
  type EventRequest,
  type Prove,
  Refused,
  refuseIf,
  storeEvents,
  unauthenticated,
  unavailable,
} from '../http/event-request.ts';
import type { SignatureCheck } from '../http/signatures.ts';
import type { IngestLimits } from '../limits.ts';
import type { Mappings } from '../mapping/mappings.ts';
import type { InboxItem } from '../ports.ts';
import type { Own, Way } from './source.ts';

/** How a request proves who sent it. */
export type Proof<Settings = never> =
  /** By an API key that may send, as a bearer token; a request that is signed, where there is a secret, by its signature. */
  | { readonly by: 'key'; readonly orSigned?: Signing & { readonly header: string } }
  /** By such a key in the body, for senders that can set no header. Null: there is none. */
  | { readonly by: 'key-in-body'; readonly named: string; readonly keyOf: (raw: unknown) => string | null }
  /** By a signature over the bytes of the body, with a secret of the source. */
  | ({ readonly by: 'signature' } & Signing)
  /** By a signature that can be checked with what its sender publishes. Throws `Refused` when it does not hold. */
  | {
      readonly by: 'published';
      readonly told: string;
      readonly check: (delivery: Delivery, settings: Settings, deps: IngestAppDeps) => Promise<void>;
    };
type Signing = { readonly variable: string; readonly check: SignatureCheck };

export type Delivery = { readonly headers: Headers; readonly raw: unknown };

export type ReadContext<Settings> = {
  readonly settings: Settings;
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly receivedMs: number;
  /** Name of the key, or of the source whose signature it bears. */
  readonly actor: string;
  /** What events of our own form look like. */
  readonly schemas: EventSchemas;
  readonly newId: () => string;
  readonly mappings: Mappings;
};

export type RefusedPart = { readonly index: number; readonly problem: Invalid };

/** What a delivery says. */
export type Reading = {
  readonly items: readonly InboxItem[];
  readonly refused?: readonly RefusedPart[];
  /** How many were refused, where not all of them are listed. */
  readonly refusedCount?: number;
  /** Why there is nothing to store, where that is fine: a test message, a kind of event that says nothing of an alert. */
  readonly ignored?: string;
  /** Where the parts are in the body, for errors; empty: the body is a list of them. */
  readonly field?: string;
  /** An address to be read before the answer: how a sender learns that it is heard here. */
  readonly visit?: string;
  /** For the log, beside what was refused. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** What the answer says beside the counts. */
  readonly more?: Readonly<Record<string, unknown>>;
};

export type WebhookOptions<Settings> = {
  /** Its name in metrics and logs, and the sender's where a signature proves it. */
  readonly route: string;
  readonly path: string;
  readonly takes: string;
  readonly proof: Proof<Settings>;
  /** Media types that it takes, all of them JSON. Default: `application/json`. */
  readonly types?: readonly string[];
  /** What its senders may speak about, where a signature proves them. Default: everything. */
  readonly reach?: (settings: Settings) => Reach;
  /** Pure. Throws `Refused` (`parsed` does) when nothing of it can be used. */
  readonly read: (delivery: Delivery, context: ReadContext<Settings>) => Reading | Promise<Reading>;
};

export function webhook<Settings>(options: WebhookOptions<Settings>): Way<Settings> {
  const { route, path, takes, proof, types, read } = options;
  return {
    path,
    takes,
    proof: proofText(proof),
    handle: (request, deps, address, own) => {
      const prove = proverOf(options, own);
      const asked = { route, prove, ...(types === undefined ? {} : { types }) };
      return answerEvents(asked, request, deps, address, async (from) => {
        const { limits, defaultEnvironment, schemas, newId, mappings } = deps;
        const context = {
          ...{ settings: own.settings, limits, defaultEnvironment, schemas, newId, mappings },
          ...{ receivedMs: deps.clock.nowMs(), actor: from.actor },
        };
        return take(await read({ headers: request.headers, raw: from.raw }, context), from, route, deps);
      });
    },
  };
}

function proofText<Settings>(proof: Proof<Settings>): string {
  switch (proof.by) {
    case 'key':
      return proof.orSigned === undefined
        ? 'API key'
        : `API key, or signature, \`${proof.orSigned.variable}\``;
    case 'key-in-body':
      return `API key as \`${proof.named}\``;
    case 'signature':
      return `signature, \`${proof.variable}\``;
    case 'published':
      return proof.told;
  }
}

function proverOf<Settings>(
  { proof, path, route, reach }: WebhookOptions<Settings>,
  { settings, secrets }: Own<Settings>,
): Prove {
  const bySource = {
    actor: route,
    sender: { id: `source:${route}`, vouched: true, reach: reach?.(settings) },
  };
  const signed =
    (check: SignatureCheck): Prove =>
    async ({ request, bytes }, deps) => {
      const { headers } = request;
      const verdict = await check({ headers, body: await bytes(), secrets, nowMs: deps.clock.nowMs() });
      if (!verdict.ok) throw unauthenticated(verdict.detail);
      return bySource;
    };
  switch (proof.by) {
    case 'key': {
      const { orSigned } = proof;
      if (orSigned === undefined || secrets.length === 0) return byKey;
      const isSigned = ({ headers }: Request) => headers.has(orSigned.header);
      return (asked, deps) => (isSigned(asked.request) ? signed(orSigned.check) : byKey)(asked, deps);
    }
    case 'key-in-body':
      return async ({ request, json, ...rest }, deps) => {
        const key = proof.keyOf(await json());
        if (key === null || !/^[\x21-\x7e]+$/.test(key))
          throw unauthenticated(`${proof.named} is missing, or no API key`);
        const headers = { authorization: `Bearer ${key}` };
        return byKey({ ...rest, json, request: new Request(request.url, { headers }) }, deps);
      };
    case 'signature':
      return (asked, deps) => {
        if (secrets.length === 0) throw isOff(path, `${proof.variable} is not set`);
        return signed(proof.check)(asked, deps);
      };
    case 'published':
      return async ({ request, json }, deps) => {
        await proof.check({ headers: request.headers, raw: await json() }, settings, deps);
        return bySource;
      };
  }
}

/** Whatever is posted there is answered so, whoever sends it. */
export function isOff(path: string, why: string): Refused {
  const detail = `${path} is off: ${why}`;
  return new Refused({ status: 404, kind: 'not-found', title: 'Not found', detail });
}

async function take(
  { items, refused = [], refusedCount = refused.length, ignored, field = '', visit, about, more }: Reading,
  { requestId, sender }: EventRequest,
  route: string,
  deps: IngestAppDeps,
): Promise<Readonly<Record<string, unknown>>> {
  const [first] = refused;
  if (first !== undefined) {
    const told = refused.slice(-10).map(explained);
    deps.metrics.count('sentinel_ingest_events_total', { outcome: 'refused' }, refusedCount);
    deps.log.warn({ requestId, route, refused: told, ...about }, 'events of a webhook were refused');
    if (items.length === 0) {
      const place = [`${field}[${first.index}]`, first.problem.field].filter((part) => part !== '').join('.');
      refuseIf({ ...first.problem, field: place });
    }
  }
  if (visit !== undefined) {
    await visited(visit, deps);
    deps.log.info({ requestId, route, ...about }, 'a sender of a webhook was told that it is heard');
  }
  const accepted = items.length === 0 ? 0 : await storeEvents(items, deps, sender);
  const counts = { accepted, duplicates: items.length - accepted, refused: refused.map(explained) };
  return { ...counts, ...(ignored === undefined ? {} : { ignored }), ...more };
}

async function visited(url: string, deps: IngestAppDeps): Promise<void> {
  const { status } = await deps.readRemote(url).catch((error: unknown) => {
    deps.log.warn({ err: error, url }, 'an address of a sender could not be reached');
    return { status: 503 };
  });
  const { hostname } = new URL(url);
  if (status >= 500 || status === 429)
    throw unavailable(`${hostname} could not be told that it is heard here; send the same again`);
  const detail = `${hostname} answered ${status}: too late, or told already`;
  if (status >= 300) refuseIf({ kind: 'invalid', field: 'visit', detail });
}

function explained({ index, problem: { field, detail } }: RefusedPart) {
  return { index, field, detail };
}
