// POST /api/v1/login-link: whoever presents a key gets an address that logs a browser in with it, once.

import { z } from 'zod';
import { actorOf } from '../../domain/policy/identity.ts';
import { ApiProblem } from '../errors.ts';
import { route } from '../http/route.ts';
import { loginLinkUrl } from '../session/login-links.ts';

export const loginLink = route({
  method: 'POST',
  path: '/api/v1/login-link',
  permission: 'viewer',
  summary:
    'A link that logs the caller in to the dashboard: works once, within five minutes, on this machine.',
  body: z.strictObject({
    path: z
      .string()
      .max(500)
      .regex(
        /^\/(?![/\\])[\x21-\x7e]*$/,
        'expected a path of this server, such as /incidents/production.payments.3f2a9c00-1',
      )
      .default('/'),
  }),
  example: { path: '/incidents/production.payments.3f2a9c00-1' },
  answers: { 201: z.strictObject({ url: z.url() }) },
  problems: ['conflict'],
  handler: async ({ body, principal, deps }) => {
    const links = deps.dashboard?.loginLinks ?? null;
    if (links === null || deps.dashboard === undefined) {
      throw new ApiProblem(
        'conflict',
        'This server is not on the loopback interface only: log in with an API key instead.',
        { reason: 'not-local' },
      );
    }
    await deps.auditWriter?.append({
      actor: actorOf(principal),
      action: 'login-link.create',
      subject: `key/${principal.keyId}`,
      reason: 'a one-time login link was made',
      details: { path: body.path },
    });
    return {
      status: 201,
      json: { url: loginLinkUrl(deps.dashboard.localUrl(), links.create(principal.keyId), body.path) },
    };
  },
});
