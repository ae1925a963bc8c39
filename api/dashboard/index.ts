// The dashboard as one app: pages for those with a session, forms that change something, the login, and the files.

import { Hono } from 'hono';
import type { ApiDeps } from '../deps.ts';
import { ApiProblem } from '../errors.ts';
import type { RefusalAudit } from '../http/refusal-audit.ts';
import { loadAssets } from './assets.ts';
import type { DashboardDeps } from './deps.ts';
import { addForms } from './forms.ts';
import { addLoginRoutes } from './login-routes.ts';
import { createPageSessions, type Dashboard, type DashboardEnv } from './page-session.ts';
import { addPages } from './pages.ts';

/** Pages at `/`, `/incidents`, `/approvals`, `/series`, `/audit` and `/login`; files under `/assets/`. */
export function createDashboard(
  deps: ApiDeps,
  own: DashboardDeps,
  refusals: Pick<RefusalAudit, 'note'> | null,
): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const assets = loadAssets();
  const dashboard: Dashboard = {
    app,
    deps,
    own,
    assets,
    refusals,
    pageSessions: createPageSessions(deps, own, assets),
  };
  app.get('/assets/:version/:name', (c) => {
    c.set('route', '/assets/:version/:name');
    const { version, name } = c.req.param();
    const found = assets.serve(version, name, c.req.header('accept-encoding') ?? '');
    return found ?? c.text('There is no such file.', 404);
  });
  addLoginRoutes(dashboard);
  addPages(dashboard);
  addForms(dashboard);
  // A wrong address typed by a person; programs get the API's own answer.
  app.get('*', async (c, next) => {
    const isPage = c.req.header('accept')?.includes('text/html') === true && !c.req.path.startsWith('/api/');
    if (isPage) throw new ApiProblem('not-found', 'There is no page at this address.');
    await next();
  });
  app.onError((error, c) => dashboard.pageSessions.problem(error, c));
  return app;
}
