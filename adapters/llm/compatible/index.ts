// A model server of one's own as a vendor of language models: Ollama, vLLM and others that speak OpenAI's API.

import { z } from 'zod';
import type { ModelVendor } from '../../model-vendor.ts';
import { apiKeyIn, baseUrl, clearText } from '../settings.ts';

const settings = z.strictObject({
  baseUrl: baseUrl.describe('Everything before `/chat/completions`, such as `http://127.0.0.1:11434/v1`.'),
  sendApiKey: z.boolean().default(true).describe('Send it `SENTINEL_MODEL_API_KEY`, if set.'),
});
const secrets = apiKeyIn(
  'SENTINEL_MODEL_API_KEY',
  'API key sent to model providers of type `compatible`.',
  false,
);

export const compatible: ModelVendor<typeof settings, typeof secrets> = {
  typeMeans: "A server that speaks OpenAI's chat completions API.",
  about: "Ollama, vLLM or any other server with OpenAI's API.",
  settings,
  secrets,
  clearText,
  async load() {
    const [{ partsOf }, { openCompatible, openCompatibleEmbedding }] = await Promise.all([
      import('../parts.ts'),
      import('./open.ts'),
    ]);
    return partsOf<z.output<typeof settings>>(openCompatible, {
      url: '',
      sendsKey: ({ sendApiKey }) => sendApiKey,
      embedding: openCompatibleEmbedding,
    });
  },
};
