// What the dashboard needs besides what the REST API has.

import type { ServiceMaps } from '../ports/services.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { TelemetryHistory } from '../ports/telemetry.ts';
import type { LoginLinks } from '../session/login-links.ts';

export type DashboardDeps = {
  readonly sessions: Sessions;
  readonly serviceMaps: ServiceMaps;
  /** Null: switched off. */
  readonly history: TelemetryHistory | null;
  /** Null: no one-time links here, because the server is reachable from other machines. */
  readonly loginLinks: LoginLinks | null;
  /** As a browser on this machine reaches this server. */
  readonly localUrl: () => string;
  /** As people reach this server, when it is configured. */
  readonly publicUrl: string | undefined;
  /** Temporal's own page of a workflow; null when that Web UI is not known. */
  readonly workflowUrl: (workflowId: string) => string | null;
  readonly nowMs: () => number;
};
