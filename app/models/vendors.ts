// From the configuration of a model provider to what its vendor takes. Loads no SDK.

import type { AskedModel, ModelParts, ModelVendor } from '../../adapters/model-vendor.ts';
import { modelVendors } from '../../adapters/models.ts';
import type { Config } from '../../config/load.ts';
import { missingVariable, secretsOf } from '../../config/secrets.ts';

type Provider = Config['model']['providers'][number];
type Given = Config['vendorSecrets'];

/** The vendor that this configuration is for, with its secrets: which of them it is only the configuration knows. */
export function vendorOf(provider: Provider, given: Given) {
  const vendor = modelVendors[provider.type] as unknown as ModelVendor;
  return {
    load: () => vendor.load() as Promise<ModelParts<Provider, Readonly<Record<string, string | null>>>>,
    secrets: secretsOf(vendor, given),
  };
}

/** The variable that a provider needs and that is not set; null when it has what it needs. */
export function missingKey({ type }: Provider, given: Given): string | null {
  return missingVariable(modelVendors[type], given);
}

export function askedModel(provider: Provider): Provider & AskedModel {
  const { timeout, usdPerMillionInputTokens: input, usdPerMillionOutputTokens: output } = provider;
  return { ...provider, timeoutMs: timeout, prices: { input, output } };
}
