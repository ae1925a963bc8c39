// An effect of unknown outcome, settled from Slack: the form that asks, and what is done with the answer. The store decides, as for
// the API and the dashboard; whoever is late is told what was said first.

import type { WebClient } from '@slack/web-api';
import type { EffectSettlement } from '../../../api/ports/effects.ts';
import type { IncidentReader } from '../../../api/ports/incidents.ts';
import type { Logger } from '../../../api/ports/logger.ts';
import { errorName } from '../failures.ts';
import { escaped } from '../text.ts';
import { type Answering, guardedBy, refuse, type Tell, telling } from './answering.ts';
import { unreachable } from './answers.ts';
import type { Click } from './payload.ts';
import { type DoorDeps, noteRefusal, whoIs } from './people.ts';
import { type Settlement, settleView } from './settle-form.ts';

export type SettleDeps = DoorDeps & {
  readonly effects: EffectSettlement;
  readonly incidents: Pick<IncidentReader, 'effects'>;
  readonly client: WebClient;
  readonly log: Logger;
};

const mostEffects = 200;

export function createSettleHandlers(deps: SettleDeps) {
  const { effects, incidents, client, log } = deps;
  const guarded = guardedBy(deps);

  /** What became of it by the record, for whoever was too late. */
  const known = async ({ incidentId, effectId }: Settlement): Promise<string> => {
    const { items } = await incidents.effects(incidentId, mostEffects, null);
    const effect = items.find(({ id }) => id === effectId);
    if (effect === undefined) return '';
    const so = effect.status === 'applied' ? ' It happened' : ' It did not happen';
    return effect.result === null || effect.result === '' ? `${so}.` : `${so}: ${escaped(effect.result)}`;
  };

  return {
    /** Slack's permission to open a form is good for three seconds only: nothing is looked up before. */
    async askWhatBecame(
      { user, value: { incidentId, effectId }, triggerId, conversation }: Click,
      tell: Tell,
    ): Promise<void> {
      const who = whoIs(user, 'settle', deps);
      if (!who.ok) return tell({ text: who.why });
      if (effectId === undefined) return;
      try {
        await client.views.open({
          trigger_id: triggerId,
          view: settleView({ incidentId, effectId, conversation }),
        });
      } catch (error) {
        log.warn({ reason: errorName(error) }, 'Slack did not open the form that settles an effect');
        await tell({ text: `Slack did not open the form (${escaped(errorName(error))}). ${unreachable}` });
      }
    },

    async settle(
      settlement: Settlement & { readonly happened: boolean },
      answering: Answering,
    ): Promise<void> {
      const { user, effectId, happened, reason } = settlement;
      const { tell, recorded } = answering;
      const who = whoIs(user, 'settle', deps);
      if (!who.ok) return refuse(answering, who.why);
      const settle = telling(effects.settle, recorded);
      await guarded({ tell, user, ...who }, 'settle', async () => {
        const said = await settle({ effectId, happened, principal: who.principal, reason });
        if (said.settled) {
          log.warn({ effectId, happened }, 'effect settled by a person');
          const so = happened ? 'It happened' : 'It did not happen';
          return tell({ text: `Recorded: ${so}. Sentinel may act on the target again.` });
        }
        switch (said.reason) {
          case 'not-open':
            return tell({
              text: `Its outcome is known already; your answer changed nothing.${await known(settlement)}`,
            });
          case 'under-way':
            return tell({
              text: 'Sentinel is still finding out what became of it; nothing was recorded. Take the incident over, or wait for its end.',
            });
          case 'unknown':
            return tell({ text: 'Sentinel does not know this effect; nothing happened.' });
          case 'out-of-reach':
            noteRefusal(user, who.principal, 'settle', 'out-of-reach', deps);
            return tell({ text: 'Your role does not reach the target of this effect; nothing happened.' });
        }
      });
    },
  };
}
