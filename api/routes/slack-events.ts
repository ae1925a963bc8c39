// POST /api/v1/slack/events: clicks and forms from Slack. Who sent it is proven by the signature over the raw body, so the
// route needs no key; without a signing secret there is no such route.

import { ApiProblem } from '../errors.ts';
import { route } from '../http/route.ts';

export const slackEvents = route({
  method: 'POST',
  path: '/api/v1/slack/events',
  permission: 'public',
  // Everybody's clicks come from a few addresses of Slack; what it did not sign is refused before anything is looked up.
  unlimited: true,
  summary: 'Slack interactions, verified by signature. 404 unless a signing secret is configured.',
  answers: { 200: { mediaType: 'application/json', description: 'A response for Slack, or nothing.' } },
  problems: ['not-found'],
  handler: async ({ request, deps }) => {
    if (deps.slackEvents === null) throw new ApiProblem('not-found', 'There is nothing at this path.');
    return { response: await deps.slackEvents(request) };
  },
});
