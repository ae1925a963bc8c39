// What clicks and forms do. Whatever one says about the incident is looked up again, and the decision is made by the same
// function as everywhere (api/decisions.ts).

import type { WebClient } from '@slack/web-api';
import { type DecisionDeps, decideOnPlan } from '../../../api/decisions.ts';
import type { Approvals } from '../../../api/ports/approvals.ts';
import type { IncidentReader } from '../../../api/ports/incidents.ts';
import type { Logger } from '../../../api/ports/logger.ts';
import type { IncidentMessenger } from '../../../api/ports/messenger.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import type { Stops } from '../../../api/ports/stops.ts';
import { incidentsWithin } from '../../../api/reach/incidents.ts';
import { requestStop } from '../../../api/stops.ts';
import { briefing } from '../../../domain/incident/briefing.ts';
import type { ButtonValue } from '../card-buttons.ts';
import { errorName } from '../failures.ts';
import { escaped, section } from '../text.ts';
import { type Answering, guardedBy, refuse, type Tell, telling } from './answering.ts';
import { decisionAnswer, unreachable } from './answers.ts';
import { detailBlocks } from './details.ts';
import type { Click } from './payload.ts';
import { whoIs } from './people.ts';
import { rejectView, type Submission } from './reject-form.ts';
import { createRollbackHandlers, type RollbackDeps } from './roll-back.ts';
import { createSettleHandlers, type SettleDeps } from './settle.ts';

export type HandlerDeps = Omit<DecisionDeps, 'approvals' | 'messenger'> &
  SettleDeps &
  RollbackDeps & {
    readonly approvals: Pick<Approvals, 'decide' | 'delivered' | 'standing'>;
    readonly messenger: Pick<IncidentMessenger, 'approvalDecided' | 'takeOver' | 'abort' | 'close'>;
    readonly stops: Pick<Stops, 'request' | 'delivered'>;
    readonly incidents: IncidentReader;
    readonly client: WebClient;
    readonly log: Logger;
  };

const toldEvents = 200;

export function createHandlers(deps: HandlerDeps) {
  const { incidents, approvals, client, log } = deps;
  const guarded = guardedBy(deps);

  const requireReached = async ({ reach }: Principal, incidentId: string): Promise<void> => {
    if (reach !== undefined) await incidentsWithin(reach, incidents).require(incidentId);
  };

  const decide = (
    { incidentId, planHash }: Pick<ButtonValue, 'incidentId' | 'planHash'>,
    { user, principal }: { readonly user: string; readonly principal: Principal },
    decision: 'approve' | 'reject',
    reason: string,
    { tell, recorded }: Answering,
  ): Promise<void> =>
    guarded({ tell, user, principal }, decision, async () => {
      const input = { incidentId, planHash, principal, decision, reason };
      const decided = await decideOnPlan(input, {
        ...deps,
        approvals: { ...approvals, decide: telling(approvals.decide, recorded) },
      });
      const [standing, found] = await Promise.all([
        approvals.standing(incidentId, planHash),
        incidents.get(incidentId),
      ]).catch(() => [null, null] as const);
      const asked = found?.state.approval;
      const quorum = asked?.planHash === planHash ? asked.quorum : null;
      await tell({ text: decisionAnswer(decided, standing, quorum) });
    });

  const stop = async (
    kind: 'take-over' | 'close',
    { user, value: { incidentId } }: Click,
    answering: Answering,
    words: { readonly reason: string; readonly done: string; readonly refused: string },
  ): Promise<void> => {
    const { tell, recorded } = answering;
    const who = whoIs(user, kind, deps);
    if (!who.ok) return refuse(answering, who.why);
    const { principal } = who;
    const stops = { ...deps.stops, request: telling(deps.stops.request, recorded) };
    await guarded({ tell, user, principal }, kind, async () => {
      const said = await requestStop(
        { incidentId, kind, principal, reason: words.reason },
        { ...deps, stops },
      );
      await tell({ text: said.accepted ? words.done : `${words.refused}: ${escaped(said.reason)}` });
    });
  };

  return {
    ...createSettleHandlers(deps),
    ...createRollbackHandlers(deps),

    async approve({ user, value }: Click, answering: Answering): Promise<void> {
      const who = whoIs(user, 'approve', deps);
      if (!who.ok) return refuse(answering, who.why);
      await decide(value, { user, ...who }, 'approve', '', answering);
    },

    /** Slack's permission to open a form is good for three seconds only: nothing is looked up before. */
    async askForReason({ user, value, triggerId, conversation }: Click, tell: Tell): Promise<void> {
      const who = whoIs(user, 'reject', deps);
      if (!who.ok) return tell({ text: who.why });
      try {
        await client.views.open({ trigger_id: triggerId, view: rejectView(value, conversation) });
      } catch (error) {
        log.warn({ reason: errorName(error) }, 'Slack did not open the form for a rejection');
        await tell({ text: `Slack did not open the form (${escaped(errorName(error))}). ${unreachable}` });
      }
    },

    async reject(submission: Submission, answering: Answering): Promise<void> {
      const { user, reason, incidentId, planHash } = submission;
      const who = whoIs(user, 'reject', deps);
      if (!who.ok) return refuse(answering, who.why);
      await decide({ incidentId, planHash }, { user, ...who }, 'reject', reason, answering);
    },

    takeOver: (click: Click, answering: Answering): Promise<void> =>
      stop('take-over', click, answering, {
        reason: 'taken over from Slack',
        done: 'The incident is yours. Sentinel does nothing more in it.',
        refused: 'The incident cannot be taken over',
      }),

    close: (click: Click, answering: Answering): Promise<void> =>
      stop('close', click, answering, {
        reason: 'closed from Slack',
        done: 'The incident is closed.',
        refused: 'The incident cannot be closed',
      }),

    async details({ user, value: { incidentId } }: Click, tell: Tell): Promise<void> {
      const who = whoIs(user, 'details', deps, 'viewer');
      if (!who.ok) return tell({ text: who.why });
      await guarded({ tell, user, ...who }, 'details', async () => {
        await requireReached(who.principal, incidentId);
        const found = await incidents.get(incidentId);
        if (found === null) return tell({ text: 'Sentinel does not know this incident.' });
        const { state } = found;
        const [{ evidence }, timeline] = await Promise.all([
          incidents.details(incidentId),
          incidents.timeline(incidentId, Math.max(0, state.lastSeq - toldEvents), toldEvents),
        ]);
        const blocks = detailBlocks(briefing({ state, evidence, timeline }), evidence, timeline);
        const empty = [section(['There is nothing more to show yet.'])];
        await tell({ text: 'Details of the incident', blocks: blocks.length === 0 ? empty : blocks });
      });
    },
  };
}
