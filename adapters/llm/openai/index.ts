// OpenAI as a vendor of language models.

import type { ModelVendor } from '../../model-vendor.ts';
import { apiKeyIn, clearText, vendorSettings } from '../settings.ts';

const secrets = apiKeyIn('SENTINEL_OPENAI_API_KEY', 'OpenAI API key, for `model.providers`.', true);

export const openai: ModelVendor<typeof vendorSettings, typeof secrets> = {
  typeMeans: 'OpenAI.',
  about: 'OpenAI. Needs `SENTINEL_OPENAI_API_KEY`; without it this provider is skipped.',
  settings: vendorSettings,
  secrets,
  clearText,
  async load() {
    const [{ partsOf }, { openOpenAI, openOpenAIEmbedding }] = await Promise.all([
      import('../parts.ts'),
      import('./open.ts'),
    ]);
    return partsOf(openOpenAI, { url: 'https://api.openai.com/v1', embedding: openOpenAIEmbedding });
  },
};
