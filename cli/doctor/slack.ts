// Whether Slack answers, and which of its tokens are missing.

import type { Logger } from '../../api/ports/logger.ts';
import type { Config } from '../../config/load.ts';
import { type Check, type Finding, ok, warning } from '../../domain/doctor.ts';

const name = 'Slack';

/** One check when Slack is configured, or a token is there without the rest; else none. */
export function slack(config: Config): readonly Check[] {
  const { slackBotToken, slackSigningSecret, slackAppToken } = config.secrets;
  const tokens = [slackBotToken, slackSigningSecret, slackAppToken].some((token) => token !== null);
  if (config.slack === undefined && !tokens) return [];
  return [() => check(config)];
}

async function check({ slack: settings, people, secrets }: Config): Promise<Finding> {
  const { slackBotToken, slackSigningSecret, slackAppToken } = secrets;
  if (settings === undefined) {
    return warning(
      name,
      'a token is set, but no channel',
      'Set slack.channel in sentinel.yaml (docs/slack.md).',
    );
  }
  if (slackBotToken === null) {
    return warning(
      name,
      'no bot token: nothing is posted to Slack',
      'Set SENTINEL_SLACK_BOT_TOKEN (docs/slack.md).',
    );
  }
  const { checkSlack, createWebClient } = await import('../../adapters/slack/index.ts');
  const { apiUrl } = settings;
  const client = createWebClient({
    botToken: slackBotToken.reveal(),
    ...(apiUrl === undefined ? {} : { apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` }),
    log: silent,
  });
  const answer = await checkSlack(client);
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
  if (slackSigningSecret === null && slackAppToken === null) {
    const advice =
      'Set SENTINEL_SLACK_SIGNING_SECRET (clicks over HTTP) or SENTINEL_SLACK_APP_TOKEN (over Socket Mode).';
    return warning(name, `${found}; clicks are not received`, advice);
  }
  const named = Object.values(people).some((person) => person.slack.length > 0);
  if (!named && Object.keys(settings.users).length === 0) {
    return warning(
      name,
      `${found}; nobody is allowed to decide`,
      'List Slack user IDs under people.<name>.slack.',
    );
  }
  const ways = [slackSigningSecret === null ? '' : 'HTTP', slackAppToken === null ? '' : 'Socket Mode'];
  return ok(name, `${found}; clicks over ${ways.filter((way) => way !== '').join(' and ')}`);
}

/** The finding says it all. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
