// Groq as a vendor of language models.

import type { ModelVendor } from '../../model-vendor.ts';
import { apiKeyIn, clearText, vendorSettings } from '../settings.ts';

const secrets = apiKeyIn('SENTINEL_GROQ_API_KEY', 'Groq API key, for `model.providers`.', true);

export const groq: ModelVendor<typeof vendorSettings, typeof secrets> = {
  typeMeans: 'Groq.',
  about: 'Groq. Needs `SENTINEL_GROQ_API_KEY`; without it this provider is skipped.',
  settings: vendorSettings,
  secrets,
  clearText,
  async load() {
    const [{ partsOf }, { openGroq }] = await Promise.all([import('../parts.ts'), import('./open.ts')]);
    return partsOf(openGroq, { url: 'https://api.groq.com/openai/v1' });
  },
};
