// What Slack is configured with: where incidents are told, and who may decide there. Tokens come from the environment.

import { z } from 'zod';
import { roles } from '../../domain/role.ts';
import { httpUrl } from '../network/settings.ts';

const slackId = (letters: string, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^[${letters}][A-Z0-9]{2,30}$`),
      `expected the ID of ${what}, such as ${letters[0]}0123ABCDEF`,
    );

export const settings = z.strictObject({
  channel: slackId('CG', 'a channel').describe(
    'ID of the channel to post incidents in. The app must be a member.',
  ),
  users: z
    .record(
      slackId('UW', 'a user'),
      z.strictObject({
        name: z
          .string()
          .trim()
          .min(1)
          .max(100)
          .describe('Name of the person, as in the audit log and under `people`.'),
        role: z.enum(roles).describe('What they may do; `operator` approves and rejects plans.'),
      }),
    )
    .default({})
    .describe(
      'Older way to list people, by Slack user ID. Prefer `people`, which covers all their accounts and keys.',
    ),
  teamId: slackId('T', 'a workspace')
    .optional()
    .describe(
      "Workspace ID. Requests from other workspaces, and from people of other workspaces, are rejected. Default: the bot token's workspace; until Slack has confirmed which one that is, no click is accepted.",
    ),
  appId: slackId('A', 'an app').optional().describe('App ID. If set, requests from other apps are rejected.'),
  apiUrl: httpUrl.optional().describe("Base URL of Slack's Web API. Default: Slack's own."),
});
export type SlackSettings = z.output<typeof settings>;

export const secrets = {
  botToken: {
    variable: 'SENTINEL_SLACK_BOT_TOKEN',
    about: 'Bot token of the Slack app (`xoxb-…`). Turns on posting to `slack.channel`.',
    needed: true,
    wrongWith: (value: string) =>
      /^xox[a-z]-\S+$/.test(value) ? null : 'expected a Slack bot token, which starts with xoxb-',
  },
  signingSecret: {
    variable: 'SENTINEL_SLACK_SIGNING_SECRET',
    about: 'Signing secret of the Slack app, for receiving clicks over HTTP at /api/v1/slack/events.',
  },
  appToken: {
    variable: 'SENTINEL_SLACK_APP_TOKEN',
    about: 'App-level token of the Slack app (`xapp-…`), for receiving clicks over Socket Mode.',
    wrongWith: (value: string) =>
      /^xapp-\S+$/.test(value) ? null : 'expected a Slack app-level token, which starts with xapp-',
  },
};
export type SlackSecrets = { readonly [Name in keyof typeof secrets]: string | null };

/** The SDK joins the address and the method as they are. */
export function apiUrlOf({ apiUrl }: { readonly apiUrl?: string | undefined }): { apiUrl?: string } {
  return apiUrl === undefined ? {} : { apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` };
}
