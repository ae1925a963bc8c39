// Holds every answer that a test sees to what its route declares.

import { z } from 'zod';
import { matches } from '../../api/http/route.ts';
import { routes } from '../../api/routes/index.ts';
import { problem } from '../../api/schemas/problem.ts';
import { routePath } from '../../domain/http-path.ts';

export type Seen = { readonly status: number; readonly headers: Headers; readonly json: unknown };

/** Throws when the answer is not one that the route of this path declares. Problems have one shape everywhere. */
export function expectDeclared(path: string, method: string, { status, headers, json }: Seen): void {
  const contentType = headers.get('content-type') ?? '';
  const pathname = routePath(new URL(path, 'http://sentinel.test').pathname);
  const where = `${method} ${pathname} answered ${status}`;
  if (contentType.startsWith('application/problem+json')) {
    fits(problem, json, where);
    return;
  }
  const found = routes.find((one) => one.method === method && matches(one.path, pathname));
  if (found === undefined) return;
  const declared = Object.entries(found.answers).find(([one]) => Number(one) === status)?.[1];
  if (declared === undefined) throw new Error(`${where}, which it does not declare`);
  if (declared instanceof z.ZodType) fits(declared, json, where);
  else if (!contentType.startsWith(declared.mediaType)) {
    throw new Error(`${where} with ${contentType}, not with ${declared.mediaType} as declared`);
  }
}

function fits(schema: z.ZodType, json: unknown, where: string): void {
  const { error } = schema.safeParse(json);
  if (error !== undefined)
    throw new Error(`${where} with what it does not declare: ${z.prettifyError(error)}`);
}
