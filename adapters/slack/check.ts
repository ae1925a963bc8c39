// Does Slack answer, and as whom?

import type { WebClient } from '@slack/web-api';
import { errorName } from './failures.ts';

export type SlackCheck =
  | { readonly ok: true; readonly teamId: string; readonly team: string; readonly user: string }
  | { readonly ok: false; readonly reason: string };

export async function checkSlack(client: WebClient): Promise<SlackCheck> {
  try {
    const { team_id: teamId = '', team = '', user = '' } = await client.auth.test();
    return { ok: true, teamId, team, user };
  } catch (error) {
    return { ok: false, reason: errorName(error) };
  }
}
