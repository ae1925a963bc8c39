// What Slack is in a process, when it is configured: the channel that incidents are told in, and the clicks that come back.

import { toUrlId } from '../../api/incident-id.ts';
import type { ChatParts } from '../channel-vendor.ts';
import { createSlackChannel } from './channel.ts';
import { doctorOfSlack } from './doctor.ts';
import { startSlackInbound } from './inbound/inbound.ts';
import { apiUrlOf, type SlackSecrets, type SlackSettings } from './settings.ts';
import { createWebClient } from './web-client.ts';

export const parts: ChatParts<SlackSettings, SlackSecrets> = {
  create: (settings, { botToken }, { incidentUrl, log, nowMs }) =>
    createSlackChannel({
      client: createWebClient({ ...apiUrlOf(settings), botToken: botToken ?? '', log }),
      conversation: settings.channel,
      linksOf: (incidentId) => ({ incidentUrl: incidentUrl(incidentId), reference: toUrlId(incidentId) }),
      log,
      nowMs,
    }),

  receive(settings, { botToken, signingSecret, appToken }, decisions) {
    if (botToken === null || (signingSecret === null && appToken === null)) return null;
    const { teamId, appId } = settings;
    return startSlackInbound({
      ...decisions,
      ...apiUrlOf(settings),
      ...(teamId === undefined ? {} : { teamId }),
      ...(appId === undefined ? {} : { appId }),
      botToken,
      signingSecret,
      appToken,
      client: createWebClient({ ...apiUrlOf(settings), botToken, log: decisions.log }),
    });
  },

  doctor: doctorOfSlack,
};
