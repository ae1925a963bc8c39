// Deployments on GitHub, as changes. Sources: docs.github.com, "Webhook events and payloads" (deployment_status) and "Validating webhook
// deliveries".

import { z } from 'zod';
import { instantIn } from '../../events/reported.ts';
import { reportedChange } from '../../events/reported-change.ts';
import { parsed } from '../../http/event-request.ts';
import { sha256Header, wrongWithSecrets } from '../../http/signatures.ts';
import { placeOf, servicesSetting } from '../places-setting.ts';
import { reachSetting } from '../reach-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';

const settings = z
  .strictObject({ services: servicesSetting('GitHub, by `owner/repository`,'), reach: reachSetting })
  .prefault({})
  .describe('Deployments on GitHub (docs/changes.md). Off until `SENTINEL_GITHUB_WEBHOOK_SECRETS` is set.');
type Settings = z.output<typeof settings>;

const variable = 'SENTINEL_GITHUB_WEBHOOK_SECRETS';

export const github: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about:
      'Secrets of webhooks of GitHub, separated by spaces: several for several webhooks, or while one is replaced.',
    wrongWith: wrongWithSecrets,
  },
  limits: 'events',
  below: ['/api/v1/webhooks/github'],
  ways: [
    webhook({
      route: 'github',
      path: '/api/v1/webhooks/github',
      takes: "GitHub's webhooks: statuses of deployments",
      proof: {
        by: 'signature',
        variable,
        check: sha256Header('x-hub-signature-256'),
      },
      reach: ({ reach }) => reach,
      read: readDelivery,
    }),
  ],
};

/** A deployment is told of when it begins, and once: what comes later is about the same change. */
const begun = ['in_progress', 'success', 'failure', 'error'];

const text = z.string().nullish();
const instant = z.iso.datetime({ offset: true }).nullish();
const payloadSchema = z.object({
  deployment_status: z.object({ state: z.string(), environment: text, created_at: instant }),
  deployment: z.object({
    id: z.int().min(0),
    sha: text,
    ref: text,
    environment: text,
    description: text,
  }),
  repository: z.object({ name: z.string().min(1), full_name: z.string().min(1) }),
});

function readDelivery({ raw, headers }: Delivery, context: ReadContext<Settings>): Reading {
  const event = headers.get('x-github-event') ?? '';
  if (event !== 'deployment_status')
    return { items: [], ignored: 'only deployment_status tells of a change' };
  const { deployment_status: status, deployment, repository } = parsed(payloadSchema, raw);
  if (!begun.includes(status.state)) return { items: [], ignored: 'nothing is deployed yet' };
  const place = placeOf(context.settings.services, repository.full_name, repository.name);
  const version = deployment.ref || deployment.sha?.slice(0, 12) || 'a revision';
  return {
    items: [
      reportedChange(
        {
          id: `github-deployment-${deployment.id}`,
          type: 'release',
          service: place.service,
          environment: place.environment || status.environment || deployment.environment || '',
          atMs: instantIn(status.created_at),
          summary: deployment.description || `${repository.name} ${version} is deployed`,
          attributes: {
            version,
            revision: deployment.sha ?? '',
            repository: repository.full_name,
          },
        },
        context,
      ),
    ],
  };
}
