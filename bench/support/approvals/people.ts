// The people of Slack in tests and benchmarks, and how they click: signed like Slack does, over HTTP.

import { slackKeyId } from '../../../adapters/slack/inbound/people.ts';
import { type People, peopleOf } from '../../../domain/policy/people.ts';
import { asForm, buttonOf, type Click, clickPayload, signed, signingSecret } from '../slack/interactions.ts';
import { botToken, conversation, type FakeSlack, type SlackMessage } from '../slack/server.ts';

/** The section `slack` of a configuration. */
export function slackSettings(slack: FakeSlack) {
  return {
    channel: conversation,
    apiUrl: slack.apiUrl,
    cooldown: '0s',
    users,
  };
}

const users = {
  U0ADA: { name: 'ada', role: 'operator' },
  U0BO: { name: 'bo', role: 'operator' },
  U0EVE: { name: 'eve', role: 'viewer' },
} as const;

/** The same people, as the gate asks for them when it counts votes. */
export const slackPeople: People = peopleOf(
  Object.entries(users).map(([id, user]) => ({ ...user, chat: [slackKeyId(id)], keys: [] })),
);

export const slackEnvironment = {
  SENTINEL_SLACK_BOT_TOKEN: botToken,
  SENTINEL_SLACK_SIGNING_SECRET: signingSecret,
};

/** Sends the click as Slack does; answers the status. Throws when nobody listens. */
export async function click(
  url: string,
  slack: FakeSlack,
  what: Click,
  how: { readonly secret?: string; readonly atMs?: number } = {},
): Promise<number> {
  const { body, headers } = signed(asForm(clickPayload(slack, what)), how);
  const answer = await fetch(`${url}/api/v1/slack/events`, { method: 'POST', body, headers });
  await answer.arrayBuffer();
  return answer.status;
}

/** The card of an incident that offers this button, with the button's value; null when there is none (yet). */
export function cardWith(
  slack: FakeSlack,
  incidentId: string,
  actionId: string,
): { readonly card: SlackMessage; readonly value: string } | null {
  for (const card of slack.cards()) {
    const value = buttonOf(card, actionId);
    if (value !== undefined && (JSON.parse(value) as { incidentId: string }).incidentId === incidentId) {
      return { card, value };
    }
  }
  return null;
}
