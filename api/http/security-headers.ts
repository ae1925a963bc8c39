// What browsers may do with an answer: nothing, unless the answer itself says otherwise.

import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** Answers are data: nothing in them may run, load or be framed. */
const strictest = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
});
const ofPages = ['content-security-policy', 'referrer-policy'];

/** Pages come with a policy of their own, which stands; everything else about them is as strict. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  let own: (readonly [string, string | null])[] = [];
  await strictest(c, async () => {
    await next();
    own = ofPages.map((name) => [name, c.res.headers.get(name)]);
  });
  for (const [name, value] of own) if (value !== null) c.res.headers.set(name, value);
};
