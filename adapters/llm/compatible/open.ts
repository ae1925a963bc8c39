// Whatever speaks OpenAI's API, through the AI SDK.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { OpenEmbedding } from '../embeds.ts';
import type { OpenModel } from '../language-model.ts';

export const openCompatible: OpenModel = (
  { name, model, baseUrl: baseURL, apiKey, structuredOutput },
  fetch,
) =>
  createOpenAICompatible({
    name,
    baseURL,
    fetch,
    supportsStructuredOutputs: structuredOutput === 'schema',
    ...(apiKey === null ? {} : { apiKey }),
  })(model);

export const openCompatibleEmbedding: OpenEmbedding = ({ name, model, baseUrl: baseURL, apiKey }, fetch) =>
  createOpenAICompatible({ name, baseURL, fetch, ...(apiKey === null ? {} : { apiKey }) }).embeddingModel(
    model,
  );
