// An admin asks that an effect is undone: recorded first, and carried out by a workflow of its own second. What cannot be started or told
// now is by redelivery.ts.

import type { RollbackOrder } from '../workflows/messages.ts';
import type { Logger } from './ports/logger.ts';
import type { IncidentMessenger } from './ports/messenger.ts';
import type { RollbackResult, Rollbacks, RollbackWorkflows, UntoldRollbackNews } from './ports/rollbacks.ts';

export type RollbackDeps = {
  readonly rollbacks: Rollbacks;
  readonly rollbackWorkflows: RollbackWorkflows;
  readonly messenger: Pick<IncidentMessenger, 'rollbackNews'>;
  readonly log: Logger;
};

/** Recorded means that it will be carried out as soon as enough people have asked, also while no workflow can be started. */
export async function requestRollback(
  input: Parameters<Rollbacks['request']>[0],
  deps: Pick<RollbackDeps, 'rollbackWorkflows' | 'log'> & {
    readonly rollbacks: Pick<Rollbacks, 'request' | 'started'>;
  },
): Promise<RollbackResult> {
  const result = await deps.rollbacks.request(input);
  if (!result.recorded) return result;
  const { effectId } = input;
  const { incidentId, order, tookOver } = result;
  deps.log.warn({ incidentId, effectId, granted: order !== null, tookOver }, 'a person asks for a rollback');
  if (order !== null) await startRollback(order, deps);
  return result;
}

/** True when it has a workflow. Never throws. */
export async function startRollback(
  order: RollbackOrder,
  {
    rollbacks,
    rollbackWorkflows,
    log,
  }: Pick<RollbackDeps, 'rollbackWorkflows' | 'log'> & {
    readonly rollbacks: Pick<Rollbacks, 'started'>;
  },
): Promise<boolean> {
  const { incidentId, requestId } = order;
  try {
    await rollbackWorkflows.start(order);
    await rollbacks.started(requestId);
    return true;
  } catch (error) {
    log.warn({ err: error, incidentId, requestId }, 'a rollback is recorded, but not begun yet; it will be');
    return false;
  }
}

/** True when its incident has it, or will have it at once. Never throws. */
export async function tellRollbackNews(
  untold: UntoldRollbackNews,
  { rollbacks, messenger, log }: Pick<RollbackDeps, 'rollbacks' | 'messenger' | 'log'>,
): Promise<boolean> {
  const { incidentId, news } = untold;
  try {
    const said = await messenger.rollbackNews(incidentId, news);
    if (said.accepted) return true;
    if (said.reason.startsWith('closed')) return await rollbacks.record(untold);
    log.error(
      { incidentId, newsId: news.newsId, reason: said.reason },
      'an incident refused news of a rollback',
    );
    return false;
  } catch (error) {
    log.warn({ err: error, incidentId }, 'news of a rollback are not in the record of their incident yet');
    return false;
  }
}
