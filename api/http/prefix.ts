// Pages and redirects are written as if this server had the whole host. Where a proxy shows it below a path, that path is put
// before every address of ours here, in one place, on the way out.

import type { MiddlewareHandler } from 'hono';
import type { From } from './client-address.ts';

/** Addresses in attributes. Text cannot look like one: its quotation marks are escaped. */
const ownAddress = /(\s(?:href|src|action|formaction|data-[a-z-]+)=")\/(?!\/)/g;

export const belowPrefix: MiddlewareHandler<{ Bindings: Partial<From> | undefined }> = async (c, next) => {
  await next();
  const prefix = c.env?.prefix ?? '';
  if (prefix === '') return;
  const location = c.res.headers.get('location');
  if (location !== null && /^\/(?!\/)/.test(location)) c.header('location', `${prefix}${location}`);
  if (c.res.headers.get('content-type')?.startsWith('text/html') !== true || c.res.body === null) return;
  const page = (await c.res.text()).replaceAll(ownAddress, `$1${prefix}/`);
  c.res = new Response(page, c.res);
};
