// How services stand to their objectives, as ingest counted it last.

import type { Budget } from '../../domain/detection/watch/budget-watch.ts';

export interface Budgets {
  /** At most one of each kind of objective. */
  budgets(environment: string, service: string): Promise<readonly Budget[]>;
}
