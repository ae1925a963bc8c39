// Everything a person can change from a page. A form is another way to call a route of the REST API: the same permission, the
// same schema, the same handler. What is added is the proof that a page of ours sent it, and a page as the answer.

import { setCookie } from 'hono/cookie';
import { mayDo } from '../../domain/role.ts';
import { ApiProblem } from '../errors.ts';
import type { Route } from '../http/route.ts';
import { fromUrlId } from '../incident-id.ts';
import { depsWithin } from '../reach/deps-within.ts';
import { OutOfReach } from '../reach/out-of-reach.ts';
import { decideApproval } from '../routes/decide-approval.ts';
import { abort, addNote, closeIncident, takeOver } from '../routes/interventions.ts';
import { killSwitchSet } from '../routes/kill-switch.ts';
import { rollBackEffect } from '../routes/roll-back.ts';
import { settleEffect } from '../routes/settle-effect.ts';
import { silenceCreate, silenceEnd } from '../routes/silences.ts';
import { breakerReset } from '../routes/track-record.ts';
import { type BrowserSession, objectionToChange } from '../session/session.ts';
import type { Notice } from './flash.ts';
import { readForm } from './form-body.ts';
import { type Dashboard, type DashboardContext, noteRefusal, themeCookie } from './page-session.ts';
import { ownPath, seeOther } from './response.ts';
import { silenceBody } from './silence-form.ts';

type Fields = Readonly<Record<string, string>>;
type Filled = { readonly session: BrowserSession; readonly fields: Fields };

export function addForms(dashboard: Dashboard): void {
  const { app, deps, own, pageSessions } = dashboard;
  const add = (path: string, run: (c: DashboardContext, filled: Filled) => Promise<Response>): void => {
    app.post(path, async (c) => {
      c.set('route', path);
      const session = await pageSessions.session(c);
      if (session instanceof Response) return session;
      const { csrf = null, ...fields } = await readForm(c.req.raw);
      if (objectionToChange(c.req.raw, session, csrf, own.publicUrl) !== null) {
        deps.metrics.count('sentinel_auth_failures_total', { reason: 'foreign-page' });
        noteRefusal(dashboard, c, session.principal, 'foreign-page');
        throw new ApiProblem(
          'forbidden',
          'The request does not come from a page of Sentinel. Reload the page and try again.',
        );
      }
      return run(c, { session, fields });
    });
  };

  /** Runs a route of the API as the person of the session; throws ApiProblem as that route does. */
  const call = async (
    c: DashboardContext,
    route: Route,
    { principal }: BrowserSession,
    { params = {}, body }: { params?: Fields; body: unknown },
  ): Promise<void> => {
    if (route.permission !== 'public' && !mayDo(principal.role, route.permission)) {
      noteRefusal(dashboard, c, principal, 'role-too-low');
      const detail = `This needs the role ${route.permission}; your key has the role ${principal.role}.`;
      throw new ApiProblem('forbidden', detail, { reason: 'role-too-low' });
    }
    const input = { params, query: {}, readBody: async () => body };
    try {
      await route.run(input, {
        principal,
        address: c.env?.address ?? 'unknown',
        requestId: c.get('requestId'),
        request: c.req.raw,
        signal: c.req.raw.signal,
        headers: c.req.raw.headers,
        log: c.get('log'),
        deps: depsWithin(principal, deps),
        table: [],
      });
    } catch (error) {
      if (error instanceof OutOfReach) noteRefusal(dashboard, c, principal, 'out-of-reach');
      throw error;
    }
  };

  const onIncident = (
    path: string,
    route: Route,
    bodyOf: (fields: Fields) => unknown,
    done: (fields: Fields) => Notice,
  ) => {
    add(`/incidents/:ref/${path}`, async (c, { session, fields }) => {
      const ref = c.req.param('ref') ?? '';
      await call(c, route, session, { params: { id: fromUrlId(ref) ?? ref }, body: bodyOf(fields) });
      return seeOther(`/incidents/${encodeURIComponent(ref)}?done=${done(fields)}`);
    });
  };

  onIncident(
    'decision',
    decideApproval,
    // An empty reason is no reason: the route asks for one where it is needed.
    ({ reason = '', ...rest }) => (reason.trim() === '' ? rest : { ...rest, reason }),
    ({ decision }) => (decision === 'approve' ? 'approved' : 'rejected'),
  );
  onIncident(
    'note',
    addNote,
    (fields) => fields,
    () => 'noted',
  );
  onIncident(
    'take-over',
    takeOver,
    (fields) => fields,
    () => 'taken-over',
  );
  onIncident(
    'abort',
    abort,
    (fields) => fields,
    () => 'aborted',
  );
  onIncident(
    'close',
    closeIncident,
    (fields) => fields,
    () => 'closed',
  );

  add('/incidents/:ref/settle', async (c, { session, fields: { effect = '', happened, ...fields } }) => {
    const said = happened === 'true' ? true : happened === 'false' ? false : happened;
    await call(c, settleEffect, session, { params: { id: effect }, body: { ...fields, happened: said } });
    return seeOther(`/incidents/${encodeURIComponent(c.req.param('ref') ?? '')}?done=settled`);
  });

  add('/incidents/:ref/roll-back', async (c, { session, fields: { effect = '', ...fields } }) => {
    await call(c, rollBackEffect, session, { params: { id: effect }, body: fields });
    return seeOther(`/incidents/${encodeURIComponent(c.req.param('ref') ?? '')}?done=rollback-asked`);
  });

  add('/kill-switch', async (c, { session, fields: { engaged, ...fields } }) => {
    const on = engaged === 'true' ? true : engaged === 'false' ? false : engaged;
    await call(c, killSwitchSet, session, { body: { ...fields, engaged: on } });
    return seeOther(`/?done=${on === true ? 'engaged' : 'released'}`);
  });

  add('/silences', async (c, { session, fields }) => {
    await call(c, silenceCreate, session, { body: silenceBody(fields, deps.clock.nowMs()) });
    return seeOther('/silences?done=silenced');
  });

  add('/silences/end', async (c, { session, fields: { id = '', ...fields } }) => {
    await call(c, silenceEnd, session, { params: { id }, body: fields });
    return seeOther('/silences?done=silence-ended');
  });

  add('/breakers/reset', async (c, { session, fields }) => {
    await call(c, breakerReset, session, { body: fields });
    return seeOther('/actions?done=reset');
  });

  add('/theme', async (c, { fields: { theme, next } }) => {
    const known = theme === 'dark' || theme === 'light';
    setCookie(c, themeCookie, known ? theme : '', {
      path: '/',
      sameSite: 'Lax',
      maxAge: known ? 34_560_000 : 0,
    });
    return c.redirect(ownPath(next), 303);
  });
}
