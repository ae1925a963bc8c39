// A Qdrant server as far as Sentinel uses one: collections, payload indexes, points and exact queries over REST, with the envelopes and
// refusals of its published API.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cosine } from '../../../domain/memory/cosine.ts';

type Point = {
  readonly id: string;
  readonly vector: readonly number[];
  readonly payload: Readonly<Record<string, unknown>>;
};
type Condition = {
  readonly key: string;
  readonly match?: { readonly value: unknown };
  readonly range?: { readonly gte?: number; readonly lt?: number };
};
type Filter = { readonly must: readonly Condition[] };
type Body = {
  readonly vectors?: { readonly size: number };
  readonly points?: readonly Point[];
  readonly ids?: readonly string[];
  readonly filter?: Filter;
  readonly query?: readonly number[];
  readonly score_threshold?: number;
  readonly limit?: number;
};

export type FakeQdrant = {
  readonly url: string;
  /** Method and path of everything that was asked. */
  readonly asked: string[];
  /** Answers 500 to everything while set. */
  broken: boolean;
  close(): Promise<void>;
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export async function startFakeQdrant(apiKey: string | null = null): Promise<FakeQdrant> {
  const collections = new Map<string, { readonly size: number; readonly points: Map<string, Point> }>();

  function answer(
    method: string,
    path: string,
    body: Body,
  ): { status: number; result?: unknown; error?: string } {
    const [, , name = '', part = '', last = ''] = path.split('/');
    const collection = collections.get(name);
    if (part === 'exists') return { status: 200, result: { exists: collection !== undefined } };
    if (method === 'PUT' && part === '') {
      if (collection !== undefined) return { status: 409, error: `Collection \`${name}\` already exists!` };
      collections.set(name, { size: body.vectors?.size ?? 0, points: new Map() });
      return { status: 200, result: true };
    }
    if (collection === undefined)
      return { status: 404, error: `Not found: Collection \`${name}\` doesn't exist!` };
    const { points, size } = collection;
    if (part === 'index') return { status: 200, result: { operation_id: 0, status: 'completed' } };
    if (method === 'PUT' && part === 'points') {
      for (const { id, vector } of body.points ?? []) {
        if (!uuid.test(id)) return { status: 400, error: `value ${id} is not a valid point ID` };
        if (vector.length !== size)
          return {
            status: 400,
            error: `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`,
          };
      }
      for (const point of body.points ?? []) points.set(point.id, point);
      return { status: 200, result: { operation_id: 1, status: 'completed' } };
    }
    if (last === 'delete') {
      for (const point of points.values()) if (fits(point, body.filter)) points.delete(point.id);
      return { status: 200, result: { operation_id: 2, status: 'completed' } };
    }
    if (last === 'query') return { status: 200, result: { points: queried([...points.values()], body) } };
    return {
      status: 200,
      result: (body.ids ?? []).flatMap((id) => {
        const point = points.get(id);
        return point === undefined ? [] : [{ id, payload: point.payload }];
      }),
    };
  }

  const asked: string[] = [];
  const fake = { broken: false };
  const server = createServer((request, response) => {
    void (async () => {
      const path = new URL(request.url ?? '', 'http://fake').pathname;
      asked.push(`${request.method} ${path}`);
      const body = await bodyOf(request);
      if (apiKey !== null && request.headers['api-key'] !== apiKey)
        return send(response, {
          status: 401,
          error: 'Must provide an API key or an Authorization bearer token',
        });
      if (fake.broken) return send(response, { status: 500, error: 'Service internal error' });
      return send(response, answer(request.method ?? '', path, body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

function queried(
  points: readonly Point[],
  { filter, query = [], score_threshold: least = -1, limit = 10 }: Body,
) {
  return points
    .filter((point) => fits(point, filter))
    .map(({ id, vector, payload }) => ({ id, version: 0, score: cosine(vector, query), payload }))
    .filter(({ score }) => score >= least)
    .toSorted((one, other) => other.score - one.score)
    .slice(0, limit);
}

function fits({ payload }: Point, filter: Filter | undefined): boolean {
  return (filter?.must ?? []).every(({ key, match, range }) => {
    const value = payload[key];
    if (match !== undefined) return value === match.value;
    const { gte = Number.NEGATIVE_INFINITY, lt = Number.POSITIVE_INFINITY } = range ?? {};
    return typeof value === 'number' && value >= gte && value < lt;
  });
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Body);
}

function send(
  response: ServerResponse,
  { status, result, error }: { status: number; result?: unknown; error?: string },
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ result, status: error === undefined ? 'ok' : { error }, time: 0.001 }));
}
