// Webhooks with JSON of any form: a mapping of the configuration makes events of it.

import type { IngestAppDeps } from '../../http/deps.ts';
import { Refused, refuseIf, unavailable } from '../../http/event-request.ts';
import { problemResponse } from '../../http/problem.ts';
import { requestIdOf } from '../../http/request-id.ts';
import { hmacSha256, wrongWithSecrets } from '../../http/signatures.ts';
import type { Own, Source } from '../source.ts';
import { type Delivery, type Proof, type ReadContext, type Reading, webhook } from '../webhook.ts';
import { eventsIn, itemsOf } from './mapped-events.ts';
import { type Custom, customSettings, customVariable } from './settings.ts';

const below = '/api/v1/webhooks/custom';

export const custom: Source<typeof customSettings> = {
  settings: customSettings,
  secretsFor: (all) =>
    all.flatMap(({ name, signature }) =>
      signature === undefined
        ? []
        : [
            {
              variable: customVariable(name),
              about: `Secrets of the webhook ${name}.`,
              wrongWith: wrongWithSecrets,
            },
          ],
    ),
  limits: 'events',
  below: [below],
  ways: [
    {
      path: `${below}/:name`,
      takes: 'JSON of any form, by a mapping of `ingest.custom`',
      proof: 'API key, or signature, `SENTINEL_CUSTOM_<NAME>_SECRETS`',
      handle: (request, deps, address, own) => {
        const name = new URL(request.url).pathname.replace(/\/+$/, '').split('/').at(-1) ?? '';
        const one = own.settings.find((each) => each.name === name);
        if (one === undefined) return Promise.resolve(unknown(request, deps, own));
        const { handle } = wayOf(one);
        return handle(request, deps, address, {
          settings: one,
          secrets: own.secretsOf?.(customVariable(name)) ?? [],
        });
      },
    },
  ],
};

function unknown(
  request: Request,
  { metrics }: IngestAppDeps,
  { settings }: Own<readonly Custom[]>,
): Response {
  metrics.count('sentinel_ingest_requests_total', { route: 'custom', status: '404' });
  const known = settings.map(({ name }) => name).join(', ');
  const detail = `ingest.custom has no webhook of this name. ${known === '' ? 'It has none.' : `It has ${known}.`}`;
  return problemResponse(
    { status: 404, kind: 'not-found', title: 'Not found', detail },
    requestIdOf(request),
  );
}

function wayOf({ name, signature }: Custom) {
  return webhook<Custom>({
    route: `custom/${name}`,
    path: `${below}/${name}`,
    takes: '',
    proof: proofBy(name, signature),
    reach: ({ reach }) => reach,
    read: readBy,
  });
}

function proofBy(name: string, signature: Custom['signature']): Proof<Custom> {
  if (signature === undefined) return { by: 'key' };
  const { header, prefix, encoding } = signature;
  const signaturesIn = (value: string) =>
    value.startsWith(prefix) ? [value.slice(prefix.length).trim()] : [];
  const check = hmacSha256({ header, signaturesIn, encoding });
  return { by: 'signature', variable: customVariable(name), check };
}

async function readBy(
  { raw, headers }: Delivery,
  { settings: { mapping }, schemas, mappings, ...context }: ReadContext<Custom>,
): Promise<Reading> {
  const mapped = await mappings.apply(mapping, raw);
  if (!mapped.ok && mapped.why !== 'wrong') throw unavailable(`${mapped.detail}; send the same again`);
  if (!mapped.ok) throw notMapped(mapped.detail);
  const events = eventsIn(mapped.value, schemas);
  const { maxEvents } = context.limits;
  if (events.events.length > maxEvents) throw notMapped(`it makes more than ${maxEvents} events`);
  if (events.events.length === 0) return { items: [], ignored: 'the mapping makes no event of it' };
  const about = { ...context, idempotencyKey: headers.get('idempotency-key') };
  const read = itemsOf(events, about);
  const refused = read.flatMap((one) => (one.ok ? [] : [one]));
  const [first] = refused;
  if (!events.isList && first !== undefined) refuseIf(first.problem);
  return { items: read.flatMap((one) => (one.ok ? [one.item] : [])), refused };
}

function notMapped(detail: string): Refused {
  return new Refused({
    status: 422,
    kind: 'invalid',
    title: 'Not mapped',
    detail: `the mapping: ${detail}`,
    field: 'mapping',
  });
}
