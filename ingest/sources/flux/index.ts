// What Flux has applied, as changes. Sources: fluxcd.io, "Providers" (generic-hmac) and "Events".

import { createHash } from 'node:crypto';
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
  .strictObject({
    services: servicesSetting('Flux, by `namespace/name` of the object,'),
    reach: reachSetting,
  })
  .prefault({})
  .describe('What Flux applies (docs/changes.md). Off until `SENTINEL_FLUX_WEBHOOK_SECRETS` is set.');
type Settings = z.output<typeof settings>;

const variable = 'SENTINEL_FLUX_WEBHOOK_SECRETS';

export const flux: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about: 'Tokens of providers of the type `generic-hmac` in Flux, separated by spaces.',
    wrongWith: wrongWithSecrets,
  },
  limits: 'events',
  below: ['/api/v1/webhooks/flux'],
  ways: [
    webhook({
      route: 'flux',
      path: '/api/v1/webhooks/flux',
      takes: "Flux's notifications, as `generic-hmac`",
      proof: {
        by: 'signature',
        variable,
        check: sha256Header('x-signature'),
      },
      reach: ({ reach }) => reach,
      read: readEvent,
    }),
  ],
};

/** Of objects that put something into the cluster; sources and image policies only look. */
const applied = ['Kustomization', 'HelmRelease'];

const text = z.string().nullish();
const eventSchema = z.object({
  involvedObject: z.object({ kind: z.string(), namespace: text, name: z.string().min(1) }),
  severity: text,
  timestamp: z.iso.datetime({ offset: true }).nullish(),
  message: text,
  reason: text,
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

function readEvent({ raw }: Delivery, context: ReadContext<Settings>): Reading {
  const { involvedObject: object, ...event } = parsed(eventSchema, raw);
  const revision = metadataOf(event.metadata, 'revision');
  const succeeded = /^(?:Reconciliation|Upgrade|Install|Rollback)Succeeded$/.test(event.reason ?? '');
  if (!applied.includes(object.kind) || !succeeded || revision === '')
    return { items: [], ignored: 'nothing was applied' };
  const named = `${object.namespace ?? ''}/${object.name}`;
  const place = placeOf(
    context.settings.services,
    named,
    metadataOf(event.metadata, 'service') || object.name,
  );
  // Told each time it is looked at; a revision is applied once.
  const told = createHash('sha256').update(JSON.stringify([object.kind, named, revision, event.reason]));
  return {
    items: [
      reportedChange(
        {
          id: `flux-${told.digest('hex').slice(0, 32)}`,
          type: 'release',
          service: place.service,
          environment: place.environment || metadataOf(event.metadata, 'environment'),
          atMs: instantIn(event.timestamp),
          summary: `${object.kind} ${object.name} is at ${revision}`,
          attributes: { version: revision, object: `${object.kind} ${named}`, reason: event.reason ?? '' },
        },
        context,
      ),
    ],
  };
}

/** With or without the group before it: `kustomize.toolkit.fluxcd.io/revision`. */
function metadataOf(metadata: Readonly<Record<string, unknown>> | null | undefined, name: string): string {
  const [, value] =
    Object.entries(metadata ?? {}).find(([key]) => key === name || key.endsWith(`.fluxcd.io/${name}`)) ?? [];
  return typeof value === 'string' ? value : '';
}
