// What `doctor` says of Slack: whether it answers, as whom, and what is missing for clicks to count.

import type { Logger } from '../../api/ports/logger.ts';
import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { checkSlack } from './check.ts';
import { apiUrlOf, type SlackSecrets, type SlackSettings } from './settings.ts';
import { createWebClient } from './web-client.ts';

const name = 'Slack';

export async function doctorOfSlack(
  settings: SlackSettings | undefined,
  { botToken, signingSecret, appToken }: SlackSecrets,
  hasPeople: boolean,
): Promise<Finding> {
  if (settings === undefined) {
    return warning(
      name,
      'a token is set, but no channel',
      'Set slack.channel in sentinel.yaml (docs/slack.md).',
    );
  }
  if (botToken === null) {
    return warning(
      name,
      'no bot token: nothing is posted to Slack',
      'Set SENTINEL_SLACK_BOT_TOKEN (docs/slack.md).',
    );
  }
  const answer = await checkSlack(createWebClient({ ...apiUrlOf(settings), botToken, log: silent }));
  if (!answer.ok) {
    const advice =
      'Check the bot token, and that the app is still installed; until then nothing is posted to Slack.';
    return warning(name, `rejects the bot token (${answer.reason})`, advice);
  }
  const found = `${answer.user} in ${answer.team} (${answer.teamId}), channel ${settings.channel}`;
  if (settings.teamId !== undefined && settings.teamId !== answer.teamId) {
    return warning(
      name,
      `${found}, but slack.teamId is ${settings.teamId}`,
      'Fix slack.teamId, or remove it.',
    );
  }
  if (signingSecret === null && appToken === null) {
    const advice =
      'Set SENTINEL_SLACK_SIGNING_SECRET (clicks over HTTP) or SENTINEL_SLACK_APP_TOKEN (over Socket Mode).';
    return warning(name, `${found}; clicks are not received`, advice);
  }
  if (!hasPeople && Object.keys(settings.users).length === 0) {
    return warning(
      name,
      `${found}; nobody is allowed to decide`,
      'List Slack user IDs under people.<name>.slack.',
    );
  }
  const ways = [signingSecret === null ? '' : 'HTTP', appToken === null ? '' : 'Socket Mode'];
  return ok(name, `${found}; clicks over ${ways.filter((way) => way !== '').join(' and ')}`);
}

/** The finding says it all. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
