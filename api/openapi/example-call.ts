// One call of an operation with curl, as documents show it.

import { z } from 'zod';
import type { Route } from '../http/route.ts';

type Field = { readonly examples?: readonly unknown[]; readonly type?: string };

/** A line (or two) for a shell with `$SENTINEL_URL` and `$SENTINEL_API_KEY` set. */
export function curlOf(route: Route): string {
  const { method, path, permission, input, example } = route;
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(exampleOf(input.params, name) ?? `<${name}>`)),
  );
  const required = requiredQuery(input.query).map(
    (name) => `${name}=${encodeURIComponent(String(exampleOf(input.query, name) ?? `<${name}>`))}`,
  );
  const search = required.length === 0 ? '' : `?${required.join('&')}`;
  const parts = [
    'curl',
    ...(method === 'GET' || (method === 'POST' && input.body !== null) ? [] : [`-X ${method}`]),
    ...(permission === 'public' ? [] : ['-H "authorization: Bearer $SENTINEL_API_KEY"']),
    `"$SENTINEL_URL${filled}${search}"`,
  ];
  const first = parts.join(' ');
  if (input.body === null) return first;
  const json = JSON.stringify(example ?? {}).replaceAll("'", "'\\''");
  return `${first} \\\n  --json '${json}'`;
}

function exampleOf(schema: z.ZodType, name: string): unknown {
  const field = schema instanceof z.ZodObject ? (schema.shape[name] as z.ZodType | undefined) : undefined;
  return (field?.meta() as Field | undefined)?.examples?.[0];
}

function requiredQuery(schema: z.ZodType): string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape)
    .filter(([, field]) => !(field as z.ZodType).safeParse(undefined).success)
    .map(([name]) => name);
}
