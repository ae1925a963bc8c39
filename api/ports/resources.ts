// What running instances have said of themselves: the pod, the task, the machine they are.

import type { KeptResource } from '../../domain/inventory/resolve.ts';

export interface KnownResources {
  /** Of these services, or of all; the latest first, a bounded number. */
  of(environment: string, services: readonly string[] | null): Promise<readonly KeptResource[]>;
}
