// The session behind a page: who it is, what every page shows around its own content, and what becomes of an error.

import type { Context, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { actorOf, unknownActor } from '../../domain/policy/identity.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiProblem, asProblem, problemResponse } from '../errors.ts';
import type { From } from '../http/client-address.ts';
import type { Ticket } from '../http/quota.ts';
import type { RefusalAudit } from '../http/refusal-audit.ts';
import type { Logger } from '../ports/logger.ts';
import type { Principal } from '../ports/principal.ts';
import { depsWithin } from '../reach/deps-within.ts';
import { csrfTokenOf } from '../session/csrf.ts';
import { type BrowserSession, sessionOf } from '../session/session.ts';
import type { Assets } from './assets.ts';
import type { DashboardDeps } from './deps.ts';
import { noticeOf } from './flash.ts';
import { arrivalPage, type Outside, problemPage } from './pages/login.ts';
import { ownPath, pageResponse, seeOther } from './response.ts';
import type { Theme, View } from './view.ts';

export type DashboardEnv = {
  Bindings: Partial<From> | undefined;
  Variables: { requestId: string; log: Logger; route: string; ticket: Ticket | null };
};
export type DashboardContext = Context<DashboardEnv>;

export type Dashboard = {
  readonly app: Hono<DashboardEnv>;
  readonly deps: ApiDeps;
  readonly own: DashboardDeps;
  readonly assets: Assets;
  readonly pageSessions: PageSessions;
  /** Null: refusals are not audited. */
  readonly refusals: Pick<RefusalAudit, 'note'> | null;
};

export type PageSessions = {
  /** The session, or the answer that leads to one. */
  session(c: DashboardContext): Promise<BrowserSession | Response>;
  view(c: DashboardContext, session: BrowserSession): Promise<View>;
  outside(c: DashboardContext): Outside;
  problem(error: unknown, c: DashboardContext): Promise<Response>;
};

/** Says in the audit that somebody was refused here; the principal is null where nobody knows who it was. */
export function noteRefusal(
  { refusals }: Pick<Dashboard, 'refusals'>,
  c: DashboardContext,
  principal: Principal | null,
  reason: string,
): void {
  refusals?.note({
    actor: principal === null ? unknownActor : actorOf(principal),
    reason,
    route: `${c.req.method} ${c.get('route')}`,
    address: c.env?.address ?? 'unknown',
  });
}

export const themeCookie = 'sentinel-theme';
/** Sent by assets/live.js: the page keeps itself up to date, nobody did anything. */
const refreshHeader = 'x-sentinel-refresh';

export function createPageSessions(deps: ApiDeps, own: DashboardDeps, assets: Assets): PageSessions {
  const outside = (c: DashboardContext): Outside => ({ theme: themeOf(c), asset: assets.url });
  return {
    outside,

    async session(c) {
      const isRefresh = c.req.header(refreshHeader) !== undefined;
      const session = await sessionOf(c.req.raw, !isRefresh, own);
      if (session !== null) {
        await c.get('ticket')?.byKey(session.principal.keyId);
        c.set('log', c.get('log').child({ keyId: session.principal.keyId }));
        return session;
      }
      if (isRefresh) return new Response(null, { status: 401 });
      const here = hereOf(c);
      if (c.req.method !== 'GET')
        return seeOther(`/login?${new URLSearchParams({ next: ownPath(refererPath(c)) })}`);
      const fromElsewhere = c.req.header('sec-fetch-site') === 'cross-site';
      if (fromElsewhere) return pageResponse(arrivalPage(outside(c), here));
      return seeOther(here === '/' ? '/login' : `/login?${new URLSearchParams({ next: here })}`);
    },

    async view(c, session) {
      const { approvals, killSwitch, trackRecord } = depsWithin(session.principal, deps);
      const [pending, switches, breakers] = await Promise.all([
        approvals.pending(100, null),
        killSwitch.list(),
        trackRecord.openBreakers(),
      ]);
      return {
        nowMs: own.nowMs(),
        principal: session.principal,
        csrf: csrfTokenOf(session.token),
        theme: themeOf(c),
        here: hereOf(c),
        asset: assets.url,
        pending: pending.items,
        switches,
        breakers,
        notice: noticeOf(c.req.query('done')),
        workflowUrl: own.workflowUrl,
      };
    },

    async problem(error, c) {
      const known = asProblem(error);
      if (!(error instanceof ApiProblem) && known.kind !== 'invalid-input') {
        c.get('log').error({ err: error }, 'page failed');
      }
      const requestId = c.get('requestId');
      const answer = problemResponse(known, { path: c.req.path.slice(0, 500), requestId });
      const { title, detail } = inWords(known, (await answer.json()) as { title: string; detail: string });
      const back = ownPath(refererPath(c));
      return pageResponse(problemPage(outside(c), { title, detail, back, requestId }), answer.status);
    },
  };
}

/** Refusals that people meet in the ordinary course of things, in their words. */
function inWords({ extras }: ApiProblem, { title, detail }: { title: string; detail: string }) {
  switch (extras.reason) {
    case 'stale-plan':
      return {
        title: 'The plan has changed',
        detail:
          'Nothing was done: the plan you decided on is not the current one any more. Go back and look at what Sentinel proposes now.',
      };
    case 'not-awaiting':
      return { title: 'This approval is no longer pending', detail: `Nothing was done by this. ${detail}` };
    case 'already-decided':
    case 'same-person':
      return { title: 'You have already decided', detail };
    case 'expired':
      return { title: 'The deadline has passed', detail: `Nothing was done by this. ${detail}` };
    default:
      return { title, detail };
  }
}

/** Path and query of this page, without what the last form did. */
function hereOf(c: DashboardContext): string {
  const url = new URL(c.req.url);
  url.searchParams.delete('done');
  return ownPath(`${url.pathname}${url.search}`);
}

function refererPath(c: DashboardContext): string | undefined {
  const referer = c.req.header('referer');
  if (referer === undefined || !URL.canParse(referer)) return undefined;
  const { pathname, search } = new URL(referer);
  const prefix = c.env?.prefix ?? '';
  const ours = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname;
  return `${ours}${search}`;
}

function themeOf(c: DashboardContext): Theme | null {
  const chosen = getCookie(c, themeCookie);
  return chosen === 'dark' || chosen === 'light' ? chosen : null;
}
