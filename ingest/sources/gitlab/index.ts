// Deployments on GitLab, as changes. Source: docs.gitlab.com, "Webhook events", "Deployment events", and "Webhooks", "Validate requests by
// using a secret token".

import { z } from 'zod';
import { reportedChange } from '../../events/reported-change.ts';
import { parsed } from '../../http/event-request.ts';
import { secretToken, wrongWithSecrets } from '../../http/signatures.ts';
import { placeOf, servicesSetting } from '../places-setting.ts';
import { reachSetting } from '../reach-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';

const settings = z
  .strictObject({ services: servicesSetting('GitLab, by `group/project`,'), reach: reachSetting })
  .prefault({})
  .describe('Deployments on GitLab (docs/changes.md). Off until `SENTINEL_GITLAB_WEBHOOK_SECRETS` is set.');
type Settings = z.output<typeof settings>;

const variable = 'SENTINEL_GITLAB_WEBHOOK_SECRETS';

export const gitlab: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about: 'Secret tokens of webhooks of GitLab, separated by spaces.',
    wrongWith: wrongWithSecrets,
  },
  limits: 'events',
  below: ['/api/v1/webhooks/gitlab'],
  ways: [
    webhook({
      route: 'gitlab',
      path: '/api/v1/webhooks/gitlab',
      takes: "GitLab's webhooks: deployment events",
      proof: { by: 'signature', variable, check: secretToken('x-gitlab-token') },
      reach: ({ reach }) => reach,
      read: readDelivery,
    }),
  ],
};

const begun = ['running', 'success', 'failed'];

const text = z.string().nullish();
const number = z.int().min(0);
const kindSchema = z.object({ object_kind: z.string() });
const payloadSchema = z.object({
  status: z.string(),
  status_changed_at: text,
  deployment_id: number,
  environment: text,
  ref: text,
  short_sha: text,
  commit_title: text,
  project: z.object({ id: number, name: z.string(), path_with_namespace: z.string().min(1) }),
});

function readDelivery({ raw }: Delivery, context: ReadContext<Settings>): Reading {
  if (parsed(kindSchema, raw).object_kind !== 'deployment')
    return { items: [], ignored: 'only deployment events tell of a change' };
  const { status, project, ref, short_sha: revision, ...deployment } = parsed(payloadSchema, raw);
  if (!begun.includes(status)) return { items: [], ignored: 'nothing is deployed yet' };
  const own = project.path_with_namespace.split('/').at(-1) || project.name;
  const place = placeOf(context.settings.services, project.path_with_namespace, own);
  const version = ref || revision || 'a revision';
  return {
    items: [
      reportedChange(
        {
          id: `gitlab-deployment-${project.id}-${deployment.deployment_id}`,
          type: 'release',
          service: place.service,
          environment: place.environment || deployment.environment || '',
          atMs: instantOf(deployment.status_changed_at),
          summary: deployment.commit_title || `${project.name} ${version} is deployed`,
          attributes: { version, revision: revision ?? '', repository: project.path_with_namespace },
        },
        context,
      ),
    ],
  };
}

/** `2026-01-31 09:30:00 +0200`, and as everybody else writes it. */
function instantOf(given: string | null | undefined): number | null {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) ?(Z|UTC|[+-]\d\d:?\d\d)$/.exec(given ?? '');
  if (match === null) return null;
  const [, date, time, zone = 'Z'] = match;
  const offset = /^[A-Z]/.test(zone) ? 'Z' : zone.replace(/^(...)(\d\d)$/, '$1:$2');
  const atMs = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(atMs) ? null : atMs;
}
