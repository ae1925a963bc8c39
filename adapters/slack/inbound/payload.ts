// What of Slack's payloads is used, checked: a click on a button, a submitted form, and whose they are.

import { z } from 'zod';
import { type ButtonValue, readValue } from '../card-buttons.ts';

const id = z.string().min(1).max(64);

const clickSchema = z.object({
  user: z.object({ id }),
  trigger_id: z.string().max(500).optional(),
  channel: z.object({ id }).optional(),
  actions: z.array(z.object({ value: z.string().optional() })).min(1),
});

export type Click = {
  readonly user: string;
  readonly triggerId: string;
  readonly conversation: string | null;
  readonly value: ButtonValue;
};

/** Null when the button is none of ours. */
export function clickOf(body: unknown): Click | null {
  const parsed = clickSchema.safeParse(body);
  if (!parsed.success) return null;
  const { user, trigger_id: triggerId = '', channel, actions } = parsed.data;
  const value = readValue(actions[0]?.value);
  return value === null ? null : { user: user.id, triggerId, conversation: channel?.id ?? null, value };
}

const originSchema = z.object({
  api_app_id: z.string().optional(),
  team: z.object({ id: z.string() }).nullish(),
  team_id: z.string().optional(),
  user: z.object({ team_id: z.string().optional() }).optional(),
  response_url: z.string().optional(),
});

export type Origin = {
  readonly app: string | null;
  readonly team: string | null;
  /** Of the person, who may be a guest from another workspace. */
  readonly userTeam: string | null;
  /** Where the answer to a click is to be sent. */
  readonly responseUrl: string | null;
};

/** The app and workspace a payload speaks of. */
export function originOf(body: unknown): Origin {
  const parsed = originSchema.safeParse(body);
  if (!parsed.success) return { app: null, team: null, userTeam: null, responseUrl: null };
  const {
    api_app_id: app = null,
    team,
    team_id: teamId,
    user,
    response_url: responseUrl = null,
  } = parsed.data;
  const userTeam = user?.team_id ?? null;
  return { app, team: team?.id ?? teamId ?? userTeam, userTeam, responseUrl };
}

/** Answers go to Slack and nowhere else; `apiUrl` is where Slack is said to be, when it is elsewhere. */
export function isSlackResponseUrl(url: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { origin } = new URL(url);
  return origin === 'https://hooks.slack.com' || (apiUrl !== undefined && origin === new URL(apiUrl).origin);
}
