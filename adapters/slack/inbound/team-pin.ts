// Which workspace clicks are taken from: the one of the configuration, else the one that the bot token belongs to. Until that is
// known nobody is let in: an app that is installed in several workspaces would take clicks from all of them.

import type { WebClient } from '@slack/web-api';
import type { Logger } from '../../../api/ports/logger.ts';
import { checkSlack } from '../check.ts';

export type TeamPin = {
  /** The id of the workspace; null while Slack has not said it, after a short wait. */
  team(): Promise<string | null>;
};

export type TeamPinOptions = {
  readonly configured: string | undefined;
  readonly client: WebClient;
  readonly log: Logger;
  /** Below Slack's three seconds. */
  readonly waitMs?: number;
};

export function createTeamPin({ configured, client, log, waitMs = 1_500 }: TeamPinOptions): TeamPin {
  let known: string | null = configured ?? null;
  let asking: Promise<void> | null = null;
  const ask = (): Promise<void> => {
    asking ??= checkSlack(client)
      .then((answer) => {
        if (answer.ok && answer.teamId !== '') {
          known = answer.teamId;
          log.info({ teamId: known }, 'clicks are taken from the workspace of the bot token');
        } else {
          const reason = answer.ok ? 'it names none' : answer.reason;
          log.warn(
            { reason },
            'Slack did not say which workspace the bot token belongs to; set slack.teamId',
          );
        }
      })
      .finally(() => {
        asking = null;
      });
    return asking;
  };
  if (known === null) void ask();
  return {
    async team() {
      if (known !== null) return known;
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, waitMs);
      });
      await Promise.race([ask(), patience]);
      clearTimeout(timer);
      return known;
    },
  };
}
