// One route: path, permission, input, answers and handler together. There is no other way to add one, so none can
// forget to say who may call it or what it answers; docs/api.md and the OpenAPI document are made of the same table.

import { z } from 'zod';
import { routePath } from '../../domain/http-path.ts';
import type { Role } from '../../domain/role.ts';
import type { ApiDeps } from '../deps.ts';
import type { ProblemKind } from '../errors.ts';
import type { Logger } from '../ports/logger.ts';
import type { Principal } from '../ports/principal.ts';
import type { DeepReadonly } from '../schemas/named.ts';
import { check } from './check.ts';
import { maxBodyBytes } from './json-body.ts';

/** `public` needs no key; `agent` one of a machine's agent; a role a key with at least that role. */
export type Permission = 'public' | 'agent' | Role;
export type Method = 'GET' | 'POST' | 'DELETE';

const nothing = z.strictObject({});
type Shape = z.ZodType<object>;

export type RouteContext<P, Q, B> = {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Present on every route that is not public. */
  readonly principal: Principal;
  /** Where the request came from, as limits count it. */
  readonly address: string;
  readonly requestId: string;
  /** For what is said in headers and concerns one route (`Last-Event-ID`). */
  readonly headers: Headers;
  /** As it came in, body unread unless the route has one: for what is signed over its bytes. */
  readonly request: Request;
  /** Ends when the client goes away; for answers that stream. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly deps: ApiDeps;
  /** Every route there is, for those that describe the others. */
  readonly table: readonly Route[];
};

/** An answer that is not JSON: a page, a stream, a text. */
export type MediaAnswer = { readonly mediaType: string; readonly description: string };
type Status = 200 | 201 | 503;
export type AnswerShapes = Readonly<Partial<Record<Status, z.ZodType | MediaAnswer>>>;

/** What the handler of a route with these answers may return. Without a status it is 200. */
export type AnswerOf<A extends AnswerShapes> = {
  [S in keyof A]: A[S] extends z.ZodType
    ? S extends 200
      ? { readonly json: DeepReadonly<z.input<A[S]>>; readonly status?: 200 }
      : { readonly json: DeepReadonly<z.input<A[S]>>; readonly status: S }
    : { readonly response: Response };
}[keyof A];

export type Answer = { readonly json: unknown; readonly status?: Status } | { readonly response: Response };

export type RouteDefinition<P extends Shape, Q extends Shape, B extends Shape, A extends AnswerShapes> = {
  readonly method: Method;
  /** As people read it: `/api/v1/incidents/:id/timeline`. */
  readonly path: string;
  readonly permission: Permission;
  /** True for the few routes that are never refused for their number (see `uncounted` in api/app.ts). */
  readonly unlimited?: true;
  /** One sentence for docs/api.md and the OpenAPI document. */
  readonly summary: string;
  /** Strict objects: an unknown field is refused and named. Absent means that nothing is accepted. */
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Default: `maxBodyBytes` of json-body.ts. */
  readonly maxBodyBytes?: number;
  /** A body as documents show it. Needed on routes with a body. */
  readonly example?: DeepReadonly<z.input<B>>;
  /** What it answers when it works, by status: a strict schema, or a media type. */
  readonly answers: A;
  /** Problems of its own, besides those that any route may answer with. */
  readonly problems?: readonly ProblemKind[];
  readonly handler: (context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<AnswerOf<A>>;
};

export type RawInput = {
  readonly params: unknown;
  readonly query: unknown;
  readonly readBody: () => Promise<unknown>;
};
type Surroundings = Omit<RouteContext<never, never, never>, 'params' | 'query' | 'body'>;

export type Route = {
  readonly method: Method;
  readonly path: string;
  readonly permission: Permission;
  readonly unlimited: boolean;
  readonly maxBodyBytes: number;
  readonly summary: string;
  readonly input: { readonly params: Shape; readonly query: Shape; readonly body: Shape | null };
  readonly example: unknown;
  readonly answers: AnswerShapes;
  readonly problems: readonly ProblemKind[];
  run(raw: RawInput, surroundings: Surroundings): Promise<Answer>;
};

export function route<
  const A extends AnswerShapes,
  P extends Shape = typeof nothing,
  Q extends Shape = typeof nothing,
  B extends Shape = typeof nothing,
>(definition: RouteDefinition<P, Q, B, A>): Route {
  const { method, path, permission, summary, answers, problems = [], handler } = definition;
  const params = (definition.params ?? nothing) as P;
  const query = (definition.query ?? nothing) as Q;
  const { body } = definition;
  if (routePath(path) !== path)
    throw new Error(`the route ${path} would never be reached: write it as ${routePath(path)}`);
  return {
    method,
    path,
    permission,
    unlimited: definition.unlimited ?? false,
    maxBodyBytes: definition.maxBodyBytes ?? maxBodyBytes,
    summary,
    input: { params, query, body: body ?? null },
    example: definition.example,
    answers,
    problems,
    async run(raw, surroundings) {
      const context = {
        ...surroundings,
        params: check(params, raw.params, ''),
        query: check(query, raw.query, ''),
        body: body === undefined ? ({} as z.output<B>) : check(body, await raw.readBody(), 'body'),
      };
      return (await handler(context)) as Answer;
    },
  };
}

/** True when a path is one that the pattern of a route stands for. */
export function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(':') || part === given[index])
  );
}
