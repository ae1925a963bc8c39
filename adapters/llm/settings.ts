// One model behind one API, as its adapter takes it. Nothing is read from the environment: the SDK's own variables (keys, base
// URLs) would send prompts somewhere nobody configured.

import { z } from 'zod';
import { isClearText } from '../../domain/net-address.ts';
import type { AskedModel } from '../model-vendor.ts';
import { urlWithoutPassword } from '../network/settings.ts';
import { type InClearText, wrongWithApiKey } from '../vendor.ts';

export type ModelSettings = AskedModel & {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Null: no key is sent (a model server of one's own). */
  readonly apiKey: string | null;
};

export const baseUrl = urlWithoutPassword(
  /^https?$/,
  'SENTINEL_MODEL_API_KEY',
  'expected an http:// or https:// URL',
);

/** Of a vendor whose API is at a known place. */
export const vendorSettings = z.strictObject({
  baseUrl: baseUrl.optional().describe("Base URL of the API, such as your own proxy. Default: the vendor's."),
});

/** The one secret of a vendor; `needed`: without it the vendor is not asked. */
export function apiKeyIn(variable: string, about: string, needed: boolean) {
  return { apiKey: { variable, about, needed, wrongWith: wrongWithApiKey } };
}

export function clearText({ baseUrl: url }: { readonly baseUrl?: string | undefined }): InClearText | null {
  return url !== undefined && isClearText(url)
    ? { key: 'baseUrl', what: "the model provider's API key" }
    : null;
}
