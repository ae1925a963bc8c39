// What running instances have said of themselves in their telemetry: the pod, the task, the machine they are.

import type { KeptResource } from '../../domain/inventory/resolve.ts';

export interface KnownResources {
  /** Of these services, the latest first; a bounded number. Null: of all services. */
  of(environment: string, services: readonly string[] | null): Promise<readonly KeptResource[]>;
}
