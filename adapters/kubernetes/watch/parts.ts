// What all objects of a cluster have, read for watching: names, owners, labels, instants, and text of bounded length.

import { z } from 'zod';
import { cleanText } from '../../../ingest/text.ts';

const longestMessage = 300;
/** Secrets go before it is cut: half of one has no shape any more. */
export const short = (text: string | null | undefined): string =>
  text == null || text === '' ? '' : cleanText(text, longestMessage);

/** Instants of a cluster's clock; null for what is none. */
export function instant(text: string | null | undefined): number | null {
  const atMs = Date.parse(text ?? '');
  return Number.isFinite(atMs) ? atMs : null;
}

export const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().default(''),
  uid: z.string(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  ownerReferences: z
    .array(
      z.looseObject({
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().nullish(),
      }),
    )
    .nullish(),
});
type Metadata = z.output<typeof metadata>;

export const conditions = z
  .array(
    z.looseObject({
      type: z.string(),
      status: z.string(),
      reason: z.string().nullish(),
      message: z.string().nullish(),
      lastTransitionTime: z.string().nullish(),
    }),
  )
  .nullish();

export type OwnedBy = { readonly kind: string; readonly name: string; readonly uid: string };

export function ownerOf({ ownerReferences }: Metadata): OwnedBy | null {
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? null : { kind: owner.kind, name: owner.name, uid: owner.uid };
}

export function labelled({ labels }: Metadata, names: readonly string[]): string | null {
  const name = names.find((one) => (labels?.[one] ?? '') !== '');
  return name === undefined ? null : (labels?.[name] ?? null);
}
