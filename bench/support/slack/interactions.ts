/** What Slack sends when somebody clicks: payloads of its shape, signed its way. */
import { createHmac, randomUUID } from 'node:crypto';
import { app, conversation, type FakeSlack, type SlackMessage, team } from './server.ts';

export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';

export type SignedRequest = { readonly body: string; readonly headers: Record<string, string> };

/** `v0` over the timestamp and the raw body. */
export function signed(
  body: string,
  { secret = signingSecret, atMs = Date.now() }: { secret?: string; atMs?: number } = {},
): SignedRequest {
  const timestamp = String(Math.floor(atMs / 1_000));
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${mac}`,
    },
  };
}

export const asForm = (payload: unknown): string => `payload=${encodeURIComponent(JSON.stringify(payload))}`;

/** The value of a button of a card; undefined when the card does not offer it. */
export function buttonOf(card: Pick<SlackMessage, 'blocks'>, actionId: string): string | undefined {
  const elements = card.blocks.flatMap(({ elements, accessory }) => [
    ...((elements ?? []) as { action_id?: string; value: string }[]),
    ...(accessory === undefined ? [] : [accessory as { action_id?: string; value: string }]),
  ]);
  return elements.find(({ action_id }) => action_id === actionId)?.value;
}

export type Click = {
  readonly actionId: string;
  readonly value: string;
  readonly user: string;
  readonly messageTs?: string;
  readonly teamId?: string;
  readonly appId?: string;
};

export function clickPayload(slack: Pick<FakeSlack, 'responseUrl'>, click: Click): Record<string, unknown> {
  const { actionId, value, user, messageTs = '1700000001.000100', teamId = team, appId = app } = click;
  return {
    type: 'block_actions',
    user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: teamId },
    api_app_id: appId,
    token: 'deprecated',
    container: { type: 'message', message_ts: messageTs, channel_id: conversation, is_ephemeral: false },
    trigger_id: `${randomUUID()}.trigger`,
    team: { id: teamId, domain: 'test' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: conversation, name: 'incidents' },
    message: { type: 'message', ts: messageTs, text: 'card' },
    response_url: slack.responseUrl(user),
    actions: [
      {
        type: 'button',
        action_id: actionId,
        block_id: 'b1',
        text: { type: 'plain_text', text: 'x' },
        value,
        // Slack stamps every click.
        action_ts: `${Date.now() / 1_000}`,
      },
    ],
  };
}

/** The submission of a view that was opened, with the text typed into its input, and the choice made where there is one. */
export function submissionPayload(
  view: Readonly<Record<string, unknown>>,
  user: string,
  typed: string,
  chosen?: string,
): Record<string, unknown> {
  const blocks = view.blocks as {
    type: string;
    block_id: string;
    element: { type: string; action_id: string };
  }[];
  const inputs = blocks.filter(({ type }) => type === 'input');
  if (inputs.length === 0) throw new Error('the view has no input');
  const answerOf = (type: string) =>
    type === 'radio_buttons'
      ? { type, selected_option: chosen === undefined ? null : { value: chosen } }
      : { type, value: typed };
  const values = inputs.map(({ block_id, element: { type, action_id } }) => [
    block_id,
    { [action_id]: answerOf(type) },
  ]);
  return {
    type: 'view_submission',
    team: { id: team, domain: 'test' },
    user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: team },
    api_app_id: app,
    token: 'deprecated',
    trigger_id: `${randomUUID()}.trigger`,
    view: {
      ...view,
      id: `V${randomUUID()}`,
      team_id: team,
      hash: '1',
      app_id: app,
      state: { values: Object.fromEntries(values) },
    },
    response_urls: [],
    is_enterprise_install: false,
    enterprise: null,
  };
}
