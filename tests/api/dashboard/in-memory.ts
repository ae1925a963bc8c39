// What the dashboard needs besides the API's ports, in memory: sessions over the keys of the world, one service map, and
// telemetry made from a formula.

import type { DashboardDeps } from '../../../api/dashboard/deps.ts';
import type { ApiKeys } from '../../../api/ports/keys.ts';
import type { ServiceMap } from '../../../api/ports/services.ts';
import type { TelemetryHistory } from '../../../api/ports/telemetry.ts';
import { createLoginLinks } from '../../../api/session/login-links.ts';

export type DashboardWorld = {
  readonly deps: DashboardDeps;
  readonly sessionTokens: Map<string, string>;
  map: ServiceMap | null;
};

export const nowMs = 1_700_000_060_000;

export function createDashboardWorld(apiKeys: ApiKeys): DashboardWorld {
  const sessionTokens = new Map<string, string>();
  const keysById = new Map<string, string>();
  let count = 0;
  const open = async (key: string) => {
    const principal = await apiKeys.authenticate(key);
    if (principal === null) return null;
    count += 1;
    const token = `${'t'.repeat(43 - String(count).length)}${count}`;
    sessionTokens.set(token, key);
    keysById.set(principal.keyId, key);
    return { token, principal, expiresAtMs: nowMs + 3_600_000 };
  };
  const world: DashboardWorld = {
    sessionTokens,
    map: null,
    deps: {
      sessions: {
        open,
        openFor: async (keyId) => open(keysById.get(keyId) ?? ''),
        find: async (token) => apiKeys.authenticate(sessionTokens.get(token) ?? ''),
        end: async (token) => void sessionTokens.delete(token),
      },
      serviceMaps: { of: async () => world.map },
      history: steadyHistory(),
      loginLinks: createLoginLinks(() => nowMs),
      localUrl: () => 'http://localhost',
      publicUrl: undefined,
      workflowUrl: (id) => `http://temporal.test/${encodeURIComponent(id)}`,
      nowMs: () => nowMs,
    },
  };
  return world;
}

/** One call a second on the server side of whatever is asked about, one in ten failing. */
function steadyHistory(): TelemetryHistory {
  return {
    calls: async ({ fromMs, toMs }, services = ['orders']) =>
      services.flatMap((service) =>
        seconds(fromMs, toMs).map((atMs) => ({
          ...{ atMs, service, instance: 'i-1', side: 'server' as const, peer: '', count: 10, errors: 1 },
          ...{ ownErrors: 1, latencyP50Ms: 20, latencyP95Ms: 50, selfTimeP50Ms: 10 },
        })),
      ),
    metrics: async ({ fromMs, toMs }, services = ['orders']) =>
      services.flatMap((service) =>
        seconds(fromMs, toMs).map((atMs) => ({
          ...{ atMs, service, instance: 'i-1', metric: 'process.memory.usage', attributes: '', value: 5e6 },
        })),
      ),
    logs: async ({ fromMs }, services = ['orders']) =>
      services.map((service) => ({
        ...{
          atMs: fromMs,
          service,
          templateId: 'cafe',
          template: 'failed to <*>',
          severityNumber: 17,
          count: 3,
        },
      })),
    environments: async () => ['production'],
  };
}

function seconds(fromMs: number, toMs: number): number[] {
  const first = Math.ceil(fromMs / 1000) * 1000;
  return Array.from(
    { length: Math.max(0, Math.floor((toMs - first) / 1000)) },
    (_, index) => first + index * 1000,
  );
}
