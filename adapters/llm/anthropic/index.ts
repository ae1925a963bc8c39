// Anthropic as a vendor of language models.

import type { ModelVendor } from '../../model-vendor.ts';
import { apiKeyIn, clearText, vendorSettings } from '../settings.ts';

const secrets = apiKeyIn('SENTINEL_ANTHROPIC_API_KEY', 'Anthropic API key, for `model.providers`.', true);

export const anthropic: ModelVendor<typeof vendorSettings, typeof secrets> = {
  typeMeans: 'Anthropic.',
  about: 'Anthropic. Needs `SENTINEL_ANTHROPIC_API_KEY`; without it this provider is skipped.',
  settings: vendorSettings,
  secrets,
  clearText,
  async load() {
    const [{ partsOf }, { openAnthropic }] = await Promise.all([import('../parts.ts'), import('./open.ts')]);
    return partsOf(openAnthropic, { url: 'https://api.anthropic.com/v1' });
  },
};
