// Bolt's app: which click and which form goes to which handler, over whatever receiver it comes in.

import { App, type Receiver, type RespondFn } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Logger } from '../../../api/ports/logger.ts';
import type { Metrics } from '../../../api/ports/metrics.ts';
import { unknownActor } from '../../../domain/policy/identity.ts';
import { plainLine } from '../../../domain/text.ts';
import { actionIds } from '../card-buttons.ts';
import { errorName } from '../failures.ts';
import { slackLogger, webClientOptions } from '../web-client.ts';
import type { Answering, Tell } from './answering.ts';
import { reasonMissing } from './form-reason.ts';
import { createHandlers, type HandlerDeps } from './handlers.ts';
import { type Click, clickOf, isSlackResponseUrl, originOf } from './payload.ts';
import { rejectForm, submissionOf } from './reject-form.ts';
import { rollBackForm, rollbackAskedOf } from './roll-back-form.ts';
import { outcomeMissing, settleForm, settlementOf } from './settle-form.ts';
import type { TeamPin } from './team-pin.ts';

const acknowledgeAfterMs = 2_000;

export type InboundAppOptions = HandlerDeps & {
  readonly receiver: Receiver;
  readonly botToken: string;
  readonly apiUrl?: string;
  /** Payloads of other workspaces are refused. */
  readonly teamPin: TeamPin;
  /** When given, payloads of other apps are refused. */
  readonly appId?: string;
  readonly metrics: Metrics;
};

export function createInboundApp(options: InboundAppOptions): App {
  const { receiver, botToken, apiUrl, teamPin, appId, metrics, log, client, refusals } = options;
  const handlers = createHandlers(options);
  const app = new App({
    receiver,
    // Our own token, without asking Slack about it first: a click is acknowledged also while Slack is slow.
    authorize: async () => ({ botToken }),
    clientOptions: webClientOptions(apiUrl, log),
    logger: slackLogger(log),
    convoStore: false,
    ignoreSelf: false,
  });

  app.use(async ({ body, next }) => {
    const origin = originOf(body);
    const { team, userTeam, responseUrl } = origin;
    const teamId = await teamPin.team();
    if (teamId === null) {
      metrics.count('sentinel_slack_requests_total', { result: 'team-unknown' });
      log.warn({ team }, 'a click was refused: it is not known yet which workspace is ours');
      return;
    }
    const foreign =
      team !== teamId ||
      (userTeam !== null && userTeam !== teamId) ||
      (appId !== undefined && origin.app !== appId) ||
      (responseUrl !== null && !isSlackResponseUrl(responseUrl, apiUrl));
    if (!foreign) return next();
    metrics.count('sentinel_slack_requests_total', { result: 'foreign' });
    refusals.note({
      actor: unknownActor,
      reason: 'foreign',
      route: 'slack',
      address: `slack:${plainLine(`${team ?? 'unknown'}/${origin.app ?? 'unknown'}`, 100)}`,
    });
    log.warn(
      { team, userTeam, app: origin.app },
      'a request of another workspace or app, or one to be answered elsewhere, was refused',
    );
  });
  app.error(async (error) => log.error({ err: error }, 'a request of Slack failed'));

  const onClick = (actionId: string, handle: (click: Click, tell: Tell) => Promise<void>): void => {
    app.action(actionId, async ({ ack, body, respond }) => {
      const click = clickOf(body);
      await ack();
      if (click !== null) await handle(click, throughResponse(respond, log));
    });
  };
  const onDecision = (
    actionId: string,
    handle: (click: Click, answering: Answering) => Promise<void>,
  ): void => {
    app.action(actionId, async ({ ack, body, respond }) => {
      const click = clickOf(body);
      if (click === null) return ack();
      const tell = throughResponse(respond, log);
      await onceRecorded(ack, (recorded) => handle(click, { tell, recorded }));
    });
  };
  onDecision(actionIds.approve, handlers.approve);
  onDecision(actionIds.takeOver, handlers.takeOver);
  onDecision(actionIds.close, handlers.close);
  onClick(actionIds.reject, handlers.askForReason);
  onClick(actionIds.settle, handlers.askWhatBecame);
  onClick(actionIds.rollBack, handlers.askWhyBack);
  onClick(actionIds.details, handlers.details);
  app.action(actionIds.open, async ({ ack }) => ack());

  app.view({ callback_id: rejectForm, type: 'view_submission' }, async ({ ack, body }) => {
    const submission = submissionOf(body);
    if (submission === null) return ack();
    if (submission.reason === '') return ack(reasonMissing);
    const tell = inConversation(client, submission, log);
    await onceRecorded(ack, (recorded) => handlers.reject(submission, { tell, recorded }));
  });
  app.view({ callback_id: rollBackForm, type: 'view_submission' }, async ({ ack, body }) => {
    const asked = rollbackAskedOf(body);
    if (asked === null) return ack();
    if (asked.reason === '') return ack(reasonMissing);
    const tell = inConversation(client, asked, log);
    await onceRecorded(ack, (recorded) => handlers.rollBack(asked, { tell, recorded }));
  });
  app.view({ callback_id: settleForm, type: 'view_submission' }, async ({ ack, body }) => {
    const settlement = settlementOf(body);
    if (settlement === null) return ack();
    const { happened, reason } = settlement;
    if (happened === null) return ack(outcomeMissing);
    if (reason === '') return ack(reasonMissing);
    const tell = inConversation(client, settlement, log);
    await onceRecorded(ack, (recorded) => handlers.settle({ ...settlement, happened }, { tell, recorded }));
  });
  return app;
}

/**
 * A decision is acknowledged when it is recorded, so that no process takes a click with it that Slack believes to have arrived;
 * or after two seconds, because Slack waits for three.
 */
async function onceRecorded(
  ack: () => Promise<void>,
  work: (recorded: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let acknowledged: Promise<void> | null = null;
  const acknowledge = (): Promise<void> => {
    acknowledged ??= ack();
    return acknowledged;
  };
  const timer = setTimeout(() => void acknowledge().catch(() => {}), acknowledgeAfterMs);
  try {
    await work(acknowledge);
  } finally {
    clearTimeout(timer);
    await acknowledge();
  }
}

/** The answer to a click stays beside the card, for the one who clicked. */
function throughResponse(respond: RespondFn, log: Logger): Tell {
  return async ({ text, blocks }) => {
    try {
      await respond({
        response_type: 'ephemeral',
        replace_original: false,
        text,
        ...(blocks === undefined ? {} : { blocks }),
      });
    } catch (error) {
      log.warn({ reason: errorName(error) }, 'the person who clicked could not be told');
    }
  };
}

/** A form has no response of its own. */
function inConversation(
  client: WebClient,
  { user, conversation }: { readonly user: string; readonly conversation: string | null },
  log: Logger,
): Tell {
  return async ({ text }) => {
    if (conversation === null) return;
    try {
      await client.chat.postEphemeral({ channel: conversation, user, text });
    } catch (error) {
      log.warn({ reason: errorName(error) }, 'the person who submitted the form could not be told');
    }
  };
}
