// Every page with its address and the data it is made of.

import { reaches } from '../../domain/policy/reach.ts';
import { type Role, roleAtLeast } from '../../domain/role.ts';
import type { ApiDeps } from '../deps.ts';
import { ApiProblem } from '../errors.ts';
import { fromUrlId } from '../incident-id.ts';
import { readInventory } from '../inventory.ts';
import { depsWithin } from '../reach/deps-within.ts';
import { OutOfReach } from '../reach/out-of-reach.ts';
import { readResources, resourcesWithin } from '../resource-usage.ts';
import { loadIncident } from './incident/load.ts';
import { incidentPage } from './incident/page.ts';
import { type Dashboard, type DashboardContext, noteRefusal } from './page-session.ts';
import { actionsPage, loadActions } from './pages/actions.ts';
import { approvalsPage, loadApprovals } from './pages/approvals.ts';
import { auditPage, auditQuery, loadAudit } from './pages/audit.ts';
import { incidentsPage, listQuery, loadIncidents } from './pages/incidents.ts';
import { loadOverview, overviewPage } from './pages/overview.ts';
import { loadSeries, seriesPage, seriesQuery } from './pages/series.ts';
import { loadSilences, silencesPage, silencesQuery } from './pages/silences.ts';
import { targetsPage } from './pages/targets.ts';
import { pageResponse } from './response.ts';
import { latestOf } from './status.ts';
import type { Html, View } from './view.ts';

export function addPages(dashboard: Dashboard): void {
  const { app, deps: all, own, pageSessions } = dashboard;
  const components = latestOf(all.components, own.nowMs);
  // One look for everybody who has a page open; each sees of it what their key reaches.
  const resources = latestOf(() => readResources(all), own.nowMs);
  const add = (
    path: string,
    /** The ports are those that the key of the session reaches. */
    render: (c: DashboardContext, view: View, deps: ApiDeps) => Promise<Html>,
    permission: Role = 'viewer',
  ): void => {
    app.get(path, async (c) => {
      c.set('route', path);
      const session = await pageSessions.session(c);
      if (session instanceof Response) return session;
      if (!roleAtLeast(session.principal.role, permission)) {
        noteRefusal(dashboard, c, session.principal, 'role-too-low');
        throw new ApiProblem(
          'forbidden',
          `This page needs the role ${permission}; your key has the role ${session.principal.role}.`,
        );
      }
      const view = await pageSessions.view(c, session);
      try {
        return pageResponse(await render(c, view, depsWithin(session.principal, all)));
      } catch (error) {
        if (error instanceof OutOfReach) noteRefusal(dashboard, c, session.principal, 'out-of-reach');
        throw error;
      }
    });
  };

  // Asked by open pages every few seconds: is there still a session?
  app.get('/session', async (c) => {
    c.set('route', '/session');
    const session = await pageSessions.session(c);
    return session instanceof Response ? session : new Response(null, { status: 204 });
  });

  add('/', async (_c, view, deps) => {
    const seen = async () => resourcesWithin(view.principal.reach, await resources());
    return overviewPage(await loadOverview({ ...deps, components, resources: seen }, view.pending), view);
  });

  add('/incidents', async (c, view, deps) =>
    incidentsPage(await loadIncidents(deps.incidents, listQuery.parse(c.req.query())), view),
  );

  add(
    '/incidents/:ref',
    async (c, view, { incidents, approvals, rollbacks, silences, modelTurns, dashboard: pages = own }) => {
      const id = fromUrlId(c.req.param('ref') ?? '');
      const sources = {
        incidents,
        approvals,
        rollbacks,
        silences,
        modelTurns,
        serviceMaps: pages.serviceMaps,
        history: pages.history,
      };
      const data = id === null ? null : await loadIncident(id, sources, view.nowMs);
      if (data === null) throw new ApiProblem('not-found', 'There is no incident at this address.');
      return incidentPage(data, view);
    },
  );

  add('/approvals', async (_c, view, deps) =>
    approvalsPage(await loadApprovals(deps.incidents, view.pending), view),
  );

  add('/series', async (c, view, { budgets, silences, dashboard: pages = own }) => {
    const query = seriesQuery.parse(c.req.query());
    const data = await loadSeries({ history: pages.history, budgets }, query, view.nowMs);
    const { environment = '', service = '' } = data.query;
    const isShown = service !== '' && reaches(view.principal.reach, environment, service);
    return seriesPage(data, isShown ? await silences.ofService(environment, service) : null, view);
  });

  add('/targets', async (_c, view, deps) => targetsPage(await readInventory(deps, undefined), view));

  add('/actions', async (_c, view, deps) =>
    actionsPage(await loadActions(deps.trackRecord, view.nowMs), view),
  );

  add('/silences', async (c, view, deps) =>
    silencesPage(await loadSilences(deps.silences, silencesQuery.parse(c.req.query())), view),
  );

  add(
    '/audit',
    async (c, view, deps) => {
      const query = auditQuery.parse(c.req.query());
      return auditPage(await loadAudit(deps.audit, query), query, view);
    },
    'operator',
  );
}
