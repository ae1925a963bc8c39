// Slack in a process of the role `api`: the channel that incidents are told in, and the clicks that come back. Its SDK is
// loaded only where Slack is configured.

import type { RefusalAudit } from '../../api/http/refusal-audit.ts';
import { toUrlId } from '../../api/incident-id.ts';
import type { RoutedChannel } from '../../api/notifications/ports.ts';
import type { IncidentMessenger } from '../../api/ports/messenger.ts';
import { routeOf } from '../../config/sections/routing.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import { incidentUrl } from '../links.ts';
import { type Platform, peopleIn } from '../platform.ts';

/** Null when Slack is not configured, or nobody gave a token. */
export async function slackChannel({ config, log, clock }: Platform): Promise<RoutedChannel | null> {
  const { slack, secrets } = config;
  if (slack === undefined) return null;
  if (secrets.slackBotToken === null) {
    log.warn({}, 'slack is configured, but SENTINEL_SLACK_BOT_TOKEN is not set: nothing is posted to Slack');
    return null;
  }
  const { createSlackChannel, createWebClient } = await import('../../adapters/slack/index.ts');
  const channel = createSlackChannel({
    client: createWebClient({ ...apiUrlOf(slack), botToken: secrets.slackBotToken.reveal(), log }),
    conversation: slack.channel,
    linksOf: (incidentId) => ({
      incidentUrl: incidentUrl(config, incidentId),
      reference: toUrlId(incidentId),
    }),
    log,
    nowMs: clock.nowMs,
  });
  return { channel, route: routeOf(slack) };
}

/** What takes Slack's requests over HTTP; null when they are not taken. Socket Mode, where configured, is started too. */
export async function startSlackReceiver(
  { config, stores, metrics, log, clock }: Platform,
  messenger: IncidentMessenger,
  refusals: RefusalAudit,
  shutdown: Shutdown,
): Promise<((request: Request) => Promise<Response>) | null> {
  const { slack, secrets } = config;
  const { slackBotToken, slackSigningSecret, slackAppToken } = secrets;
  if (slack === undefined || slackBotToken === null) return null;
  if (slackSigningSecret === null && slackAppToken === null) return null;
  const { createWebClient, startSlackInbound } = await import('../../adapters/slack/index.ts');
  const botToken = slackBotToken.reveal();
  const inbound = startSlackInbound({
    ...apiUrlOf(slack),
    ...(slack.teamId === undefined ? {} : { teamId: slack.teamId }),
    ...(slack.appId === undefined ? {} : { appId: slack.appId }),
    botToken,
    signingSecret: slackSigningSecret?.reveal() ?? null,
    appToken: slackAppToken?.reveal() ?? null,
    client: createWebClient({ ...apiUrlOf(slack), botToken, log }),
    people: peopleIn(config),
    incidents: stores.incidentReader,
    approvals: stores.approvals,
    stops: stores.stops,
    effects: stores.effects,
    requests: stores.signedRequests,
    refusals,
    messenger,
    metrics,
    log,
    nowMs: clock.nowMs,
  });
  shutdown.add('slack', inbound.stop);
  return inbound.receive;
}

/** The SDK joins the address and the method as they are. */
function apiUrlOf({ apiUrl }: { readonly apiUrl?: string | undefined }): { apiUrl?: string } {
  return apiUrl === undefined ? {} : { apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` };
}
