// One route: path, permission, input and handler together. There is no other way to add one, so none can forget to
// say who may call it.

import { z } from 'zod';
import type { Role } from '../../domain/policy/verdict.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiProblem, type FieldProblem } from '../errors.ts';
import type { Logger, Principal } from '../ports.ts';

/** `public` needs no key; a role needs a key with at least that role. */
export type Permission = 'public' | Role;
export type Method = 'GET' | 'POST' | 'DELETE';

const nothing = z.strictObject({});
type Shape = z.ZodType<object>;

export type RouteContext<P, Q, B> = {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Present on every route that is not public. */
  readonly principal: Principal;
  readonly requestId: string;
  readonly log: Logger;
  readonly deps: ApiDeps;
};

/** What a handler answers: JSON with 200, or with the status given; or text of another media type. */
export type Answer =
  | { readonly json: unknown; readonly status?: 200 | 201 | 503 }
  | { readonly text: string; readonly contentType: string };

export type RouteDefinition<P extends Shape, Q extends Shape, B extends Shape> = {
  readonly method: Method;
  /** As people read it: `/api/incidents/:id/timeline`. */
  readonly path: string;
  readonly permission: Permission;
  /** One sentence for docs/api.md. */
  readonly summary: string;
  /** Strict objects: an unknown field is refused and named. Absent means that nothing is accepted. */
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly handler: (context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Answer>;
};

export type RawInput = {
  readonly params: unknown;
  readonly query: unknown;
  readonly readBody: () => Promise<unknown>;
};
type Surroundings = Pick<RouteContext<never, never, never>, 'principal' | 'requestId' | 'log' | 'deps'>;

export type Route = {
  readonly method: Method;
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly input: { readonly params: Shape; readonly query: Shape; readonly body: Shape | null };
  run(raw: RawInput, surroundings: Surroundings): Promise<Answer>;
};

export function route<
  P extends Shape = typeof nothing,
  Q extends Shape = typeof nothing,
  B extends Shape = typeof nothing,
>(definition: RouteDefinition<P, Q, B>): Route {
  const { method, path, permission, summary, handler } = definition;
  const params = (definition.params ?? nothing) as P;
  const query = (definition.query ?? nothing) as Q;
  const { body } = definition;
  return {
    method,
    path,
    permission,
    summary,
    input: { params, query, body: body ?? null },
    async run(raw, surroundings) {
      return handler({
        ...surroundings,
        params: check(params, raw.params, ''),
        query: check(query, raw.query, ''),
        body: body === undefined ? ({} as z.output<B>) : check(body, await raw.readBody(), 'body'),
      });
    },
  };
}

/** Throws ApiProblem naming every field that is wrong. */
function check<T extends Shape>(schema: T, value: unknown, whole: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = firstOfEach(result.error.issues.flatMap((issue) => fieldProblems(issue, whole)));
  const named = errors.map(({ field, message }) => `${field} ${message}`).join('; ');
  throw new ApiProblem('invalid-input', named, { errors });
}

/** A value of the wrong type breaks every rule of its field; the first says enough. */
function firstOfEach(errors: readonly FieldProblem[]): FieldProblem[] {
  return errors.filter(({ field }, index) => errors.findIndex((one) => one.field === field) === index);
}

function fieldProblems(issue: z.core.$ZodIssue, whole: string): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...path, key.slice(0, 100)].join('.'),
      message: 'is not a field that is known here',
    }));
  }
  const message = issue.message.replace(/^Invalid \w+: /, '').replace(/^Too (big|small): /, '');
  return [{ field: path.join('.') || whole, message }];
}
