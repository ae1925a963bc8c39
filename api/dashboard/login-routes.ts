// Logging in and out. A login is an API key, checked as the API checks it, or a one-time link from the terminal.

import { createLimiter } from '../http/limiter.ts';
import { isLoopback } from '../http/loopback.ts';
import type { OpenedSession } from '../ports/sessions.ts';
import { cookieNameFor, sessionCookie } from '../session/cookie.ts';
import { isCsrfTokenOf, isFromOwnPages } from '../session/csrf.ts';
import { originOf, sessionOf } from '../session/session.ts';
import { readForm } from './form-body.ts';
import { type Dashboard, type DashboardContext, noteRefusal } from './page-session.ts';
import { loginPage } from './pages/login.ts';
import { ownPath, pageResponse, seeOther } from './response.ts';

/** Keys cannot be guessed; this keeps guessing from being work. */
const attemptsPerMinute = 20;

export function addLoginRoutes(dashboard: Dashboard): void {
  const { app, deps, own, pageSessions } = dashboard;
  const { metrics } = deps;
  const attempts = createLimiter('login', attemptsPerMinute, metrics);

  const refuse = (
    c: DashboardContext,
    status: 400 | 401 | 403 | 429,
    next: string,
    problem: string,
  ): Promise<Response> =>
    pageResponse(
      loginPage(pageSessions.outside(c), { next, problem }),
      status,
      status === 429 ? { 'retry-after': '60' } : {},
    );

  const welcome = (c: DashboardContext, { token, expiresAtMs }: OpenedSession, next: string): Response => {
    const seconds = Math.floor((expiresAtMs - own.nowMs()) / 1000);
    const cookie = sessionCookie(token, seconds, originOf(c.req.raw, own.publicUrl));
    return cookie === null ? seeOther('/login') : seeOther(ownPath(next), { 'set-cookie': cookie });
  };

  app.get('/login', async (c) => {
    c.set('route', '/login');
    const next = ownPath(c.req.query('next'));
    if ((await sessionOf(c.req.raw, false, own)) !== null) return seeOther(next);
    return pageResponse(loginPage(pageSessions.outside(c), { next, problem: insecure(c, own.publicUrl) }));
  });

  app.post('/login', async (c) => {
    c.set('route', '/login');
    const { key = '', next = '/' } = await readForm(c.req.raw);
    if (!isFromOwnPages(c.req.raw.headers, originOf(c.req.raw, own.publicUrl))) {
      metrics.count('sentinel_auth_failures_total', { reason: 'foreign-page' });
      noteRefusal(dashboard, c, null, 'foreign-page');
      return refuse(c, 403, '/', 'That login came from another site. Log in here.');
    }
    const problem = insecure(c, own.publicUrl);
    if (problem !== null) return refuse(c, 400, next, problem);
    const taken = await attempts?.take(c.env?.address ?? 'unknown');
    if (taken?.allowed === false) {
      noteRefusal(dashboard, c, null, 'too-many-logins');
      return refuse(c, 429, next, 'Too many attempts. Wait a minute.');
    }
    const opened = await own.sessions.open(key.trim());
    if (opened === null) {
      metrics.count('sentinel_auth_failures_total', { reason: 'unknown' });
      noteRefusal(dashboard, c, null, 'login-failed');
      return refuse(c, 401, next, 'This API key is not known, or it was revoked.');
    }
    c.get('log').info({ keyId: opened.principal.keyId }, 'logged in');
    return welcome(c, opened, next);
  });

  app.post('/login/once', async (c) => {
    c.set('route', '/login/once');
    const { secret = '', next = '/' } = await readForm(c.req.raw);
    const origin = originOf(c.req.raw, own.publicUrl);
    const allowed = isFromOwnPages(c.req.raw.headers, origin) && isLoopback(origin.hostname);
    const keyId = allowed ? (own.loginLinks?.redeem(secret) ?? null) : null;
    const opened = keyId === null ? null : await own.sessions.openFor(keyId);
    if (opened === null) {
      noteRefusal(dashboard, c, null, 'login-link-not-valid');
      return refuse(
        c,
        401,
        next,
        'This link was used already, or is older than five minutes. Log in with a key.',
      );
    }
    c.get('log').info({ keyId: opened.principal.keyId }, 'logged in with a one-time link');
    return welcome(c, opened, next);
  });

  app.post('/logout', async (c) => {
    c.set('route', '/logout');
    const session = await sessionOf(c.req.raw, false, own);
    const { csrf = '' } = await readForm(c.req.raw);
    const origin = originOf(c.req.raw, own.publicUrl);
    if (session !== null && isFromOwnPages(c.req.raw.headers, origin) && isCsrfTokenOf(session.token, csrf)) {
      await own.sessions.end(session.token);
    }
    const ended = sessionCookie('', 0, origin);
    return seeOther('/login', ended === null ? {} : { 'set-cookie': ended });
  });
}

/** Why nobody can log in at this address; null when they can. */
function insecure(c: DashboardContext, publicUrl: string | undefined): string | null {
  if (cookieNameFor(originOf(c.req.raw, publicUrl)) !== null) return null;
  return 'This address is plain http to another machine, where a login could be read by others. Use https (with server.publicUrl set when a proxy ends TLS), or http://localhost.';
}
