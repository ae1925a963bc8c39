// The OpenAPI 3.1 document, made of the table of routes and nothing else.

import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { apiVersion } from '../../domain/http-path.ts';
import { type ProblemKind, problems } from '../errors.ts';
import type { AnswerShapes, Route } from '../http/route.ts';
import { problem } from '../schemas/problem.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Registered = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];
type Responses = Registered['responses'];

const about = `Incidents, the plans that are made for them, and what people say to both. Every request but the public
ones carries an API key. Errors are \`application/problem+json\` (RFC 9457); every answer has an \`X-Request-ID\`.`;

export function openApiDocument(table: readonly Route[], version: string): OpenApiDocument {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key; `sentinel key create` makes one.',
  });
  for (const route of table) app.openAPIRegistry.registerPath(operation(route));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sentinel',
      version,
      description: about,
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(table.map(tagOf))].map((name) => ({ name })),
  });
}

/** `/api/v1/incidents/:id/plan` as OpenAPI writes it: `/api/v1/incidents/{id}/plan`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function operation(route: Route): Registered {
  const { params, query, body } = route.input;
  return {
    method: route.method.toLowerCase() as 'get' | 'post' | 'delete',
    path: openApiPath(route.path),
    operationId: operationIdOf(route),
    summary: route.summary,
    tags: [tagOf(route)],
    security: route.permission === 'public' ? [] : [{ apiKey: [] }],
    'x-sentinel-permission': route.permission,
    request: {
      ...(hasFields(params) ? { params } : {}),
      ...(hasFields(query) ? { query } : {}),
      ...(body === null ? {} : { body: bodyOf(body, route.example) }),
    },
    responses: { ...problemAnswers(route), ...answersOf(route.answers) },
  };
}

function hasFields(schema: z.ZodType): schema is z.ZodObject {
  return schema instanceof z.ZodObject && Object.keys(schema.shape).length > 0;
}

function bodyOf(schema: z.ZodType, example: unknown) {
  return { required: true, content: { 'application/json': { schema, example } } };
}

const requestId = { 'X-Request-ID': { schema: { type: 'string' as const } } };
const retryAfter = {
  'Retry-After': {
    schema: { type: 'integer' as const },
    description: 'Seconds to wait before trying again.',
  },
};

function answersOf(answers: AnswerShapes): Responses {
  const entries = Object.entries(answers).map(([status, shape]) => {
    if (shape instanceof z.ZodType) {
      const content = { 'application/json': { schema: shape }, ...problemBeside(Number(status)) };
      return [status, { description: described[status] ?? '', headers: requestId, content }];
    }
    const content = { [shape.mediaType]: { schema: {} } };
    return [status, { description: shape.description, headers: requestId, content }];
  });
  return Object.fromEntries(entries) as Responses;
}
const described: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Made.', 503: 'Not now.' };

/** A status that an answer shares with a problem has both. */
function problemBeside(status: number) {
  return status < 400 ? {} : { 'application/problem+json': { schema: problem } };
}

function problemAnswers(route: Route): Responses {
  const kinds = problemsOf(route);
  const byStatus = Map.groupBy(kinds, (kind) => problems[kind].status);
  const entries = [...byStatus].map(([status, [kind]]) => [
    status,
    {
      description: kind === undefined ? '' : problems[kind].title,
      headers: status === 429 || status === 503 ? { ...requestId, ...retryAfter } : requestId,
      content: { 'application/problem+json': { schema: problem } },
    },
  ]);
  return Object.fromEntries(entries) as Responses;
}

/** Every kind of problem that a route may answer with. */
function problemsOf({ permission, unlimited, input, problems: own }: Route): ProblemKind[] {
  const keyed: ProblemKind[] = permission === 'public' ? [] : ['unauthenticated', 'forbidden'];
  const named: ProblemKind[] = hasFields(input.params) ? ['not-found'] : [];
  const sent: ProblemKind[] = input.body === null ? [] : ['too-large', 'unsupported-media-type'];
  const limited: ProblemKind[] = unlimited ? [] : ['rate-limited'];
  return ['invalid-input', ...keyed, ...named, ...own, ...sent, ...limited, 'internal', 'unavailable'];
}

/** `GET /api/v1/incidents/:id/plan` → `getIncidentsByIdPlan`: made of what is unique anyway, so it is unique too. */
function operationIdOf({ method, path }: Route): string {
  const words = path
    .split('/')
    .filter((part) => part !== '' && part !== 'api' && part !== apiVersion)
    .flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split(/[^a-zA-Z]/)));
  return [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(
    '',
  );
}

function tagOf({ path }: Pick<Route, 'path'>): string {
  const [, first = '', , third = ''] = path.split('/');
  return first === 'api' ? third : 'operations';
}
