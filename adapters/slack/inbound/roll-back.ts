// A rollback asked for from Slack: the form that asks why, and what is done with the answer. The store decides, as for the API and the
// dashboard.

import type { WebClient } from '@slack/web-api';
import type { Logger } from '../../../api/ports/logger.ts';
import type { RollbackResult } from '../../../api/ports/rollbacks.ts';
import { type RollbackDeps as RequestDeps, requestRollback } from '../../../api/rollbacks.ts';
import { rollbackRole } from '../../../domain/policy/rollback-terms.ts';
import { errorName } from '../failures.ts';
import { code, escaped, localTime } from '../text.ts';
import { type Answering, guardedBy, refuse, type Tell, telling } from './answering.ts';
import { unreachable } from './answers.ts';
import type { Click } from './payload.ts';
import { type DoorDeps, noteRefusal, whoIs } from './people.ts';
import { type RollbackAsked, rollBackView } from './roll-back-form.ts';

export type RollbackDeps = DoorDeps &
  Pick<RequestDeps, 'rollbacks' | 'rollbackWorkflows'> & { readonly client: WebClient; readonly log: Logger };

export function createRollbackHandlers(deps: RollbackDeps) {
  const { rollbacks, client, log } = deps;
  const guarded = guardedBy(deps);
  return {
    /** Slack's permission to open a form is good for three seconds only: nothing is looked up before. */
    async askWhyBack(
      { user, value: { incidentId, effectId }, triggerId, conversation }: Click,
      tell: Tell,
    ): Promise<void> {
      const who = whoIs(user, 'roll-back', deps, rollbackRole);
      if (!who.ok) return tell({ text: who.why });
      if (effectId === undefined) return;
      try {
        await client.views.open({
          trigger_id: triggerId,
          view: rollBackView({ incidentId, effectId, conversation }),
        });
      } catch (error) {
        log.warn({ reason: errorName(error) }, 'Slack did not open the form for a rollback');
        await tell({ text: `Slack did not open the form (${escaped(errorName(error))}). ${unreachable}` });
      }
    },

    async rollBack({ user, effectId, reason }: RollbackAsked, answering: Answering): Promise<void> {
      const { tell, recorded } = answering;
      const who = whoIs(user, 'roll-back', deps, rollbackRole);
      if (!who.ok) return refuse(answering, who.why);
      const { principal } = who;
      const request = telling(rollbacks.request, recorded);
      await guarded({ tell, user, principal }, 'roll-back', async () => {
        const result = await requestRollback(
          { effectId, principal, reason },
          { ...deps, rollbacks: { ...rollbacks, request } },
        );
        if (!result.recorded && (result.reason === 'out-of-reach' || result.reason === 'role-too-low'))
          noteRefusal(user, principal, 'roll-back', result.reason, deps);
        await tell({ text: answerOf(result) });
      });
    },
  };
}

function answerOf(result: RollbackResult): string {
  if (!result.recorded) return `It cannot be rolled back; nothing happened: ${escaped(result.detail)}.`;
  const { request, order, repeated, tookOver } = result;
  const { by, quorum, expiresAtMs } = request;
  const again = repeated ? 'You had asked for it already. ' : '';
  const yours = tookOver ? ' The incident is yours now: Sentinel does nothing more in it by itself.' : '';
  return order === null
    ? `${again}Asked for by ${by.map(code).join(', ')} (${by.length} of ${quorum}). Another admin has to ask, until ${localTime(expiresAtMs)}.`
    : `${again}It is being rolled back; the thread tells what came of it.${yours}`;
}
