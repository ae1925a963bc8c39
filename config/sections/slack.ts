// Slack: where incidents are told, and who may decide there. Tokens come from the environment.

import { z } from 'zod';
import { roles } from '../../domain/policy/verdict.ts';
import { routingFields } from './routing.ts';

const slackId = (letters: string, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^[${letters}][A-Z0-9]{2,30}$`),
      `expected the id of ${what}, such as ${letters[0]}0123ABCDEF`,
    );

export const slackSchema = z
  .strictObject({
    channel: slackId('CG', 'a channel').describe(
      'Id of the channel that incidents are told in; the app must be a member of it.',
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
            .describe('The actor in every record, and the name that `people` may say more about.'),
          role: z.enum(roles).describe('What they may do: `operator` decides on plans.'),
        }),
      )
      .default({})
      .describe(
        'Older way to name people with one Slack account each; `people` names them with all their accounts and keys.',
      ),
    teamId: slackId('T', 'a workspace')
      .optional()
      .describe(
        'Requests of other workspaces, and of people of other workspaces, are refused. Default: the workspace of the bot token; until Slack has said which that is, no click is taken.',
      ),
    appId: slackId('A', 'an app').optional().describe('When set, requests of other apps are refused.'),
    apiUrl: z
      .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
      .optional()
      .describe("Where Slack's Web API answers. Default: Slack itself."),
    ...routingFields({ cooldown: '3s', severities: ['warning', 'critical'] }),
  })
  .describe(
    'One message per incident in Slack, edited in place, with buttons to decide; see docs/slack.md. Needs SENTINEL_SLACK_BOT_TOKEN.',
  );
