// Slack: where incidents are told, and who may decide there. Tokens come from the environment.

import { z } from 'zod';
import { roles } from '../../domain/role.ts';
import { routingFields } from './routing.ts';

const slackId = (letters: string, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^[${letters}][A-Z0-9]{2,30}$`),
      `expected the ID of ${what}, such as ${letters[0]}0123ABCDEF`,
    );

export const slackSchema = z
  .strictObject({
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
    appId: slackId('A', 'an app')
      .optional()
      .describe('App ID. If set, requests from other apps are rejected.'),
    apiUrl: z
      .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
      .optional()
      .describe("Base URL of Slack's Web API. Default: Slack's own."),
    ...routingFields({ cooldown: '3s', severities: ['warning', 'critical'] }),
  })
  .describe(
    'One Slack message per incident, updated in place, with buttons to approve and reject (docs/slack.md). Requires `SENTINEL_SLACK_BOT_TOKEN`.',
  );
