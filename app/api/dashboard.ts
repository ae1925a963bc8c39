// What the dashboard stands on in this process.

import type { DashboardDeps } from '../../api/dashboard/deps.ts';
import { isLoopback } from '../../api/http/loopback.ts';
import { createLoginLinks, type LoginLinks } from '../../api/session/login-links.ts';
import type { Platform } from '../platform.ts';

export function dashboardOf(
  { stores, history, config, temporal, clock }: Platform,
  localUrl: () => string,
): DashboardDeps & { readonly loginLinks: LoginLinks | null } {
  const { host, publicUrl } = config.server;
  const { namespace } = config.temporal;
  const { uiUrl } = temporal;
  return {
    sessions: stores.sessions,
    serviceMaps: stores.serviceMaps,
    history,
    // Whoever can reach this address is on this machine.
    loginLinks: isLoopback(host) || host === '::1' ? createLoginLinks(clock.nowMs) : null,
    localUrl,
    publicUrl,
    workflowUrl: (workflowId) =>
      uiUrl === null
        ? null
        : `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`,
    nowMs: clock.nowMs,
  };
}
