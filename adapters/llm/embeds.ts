// Vectors of texts through the AI SDK: one call, no repetitions. What leaves the machine is redacted first, like everything a model is
// asked.

import { type EmbeddingModel, embedMany } from 'ai';
import { redactForModel } from '../../domain/model/redact-for-model.ts';
import type { Embeds } from '../model-vendor.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { ModelSettings } from './settings.ts';

type EmbeddingSettings = Pick<ModelSettings, 'name' | 'model' | 'timeoutMs' | 'baseUrl' | 'apiKey'>;

/** An embedding model of a vendor's SDK; `fetch` is what every request goes through. */
export type OpenEmbedding = (
  settings: EmbeddingSettings,
  fetch: typeof globalThis.fetch,
) => Exclude<EmbeddingModel, string>;

export function createEmbeds(settings: EmbeddingSettings, open: OpenEmbedding): Embeds {
  const model = open(settings, boundedFetch);
  return async (texts) => {
    const { embeddings } = await embedMany({
      model,
      // What may hold a secret is not sent; an empty text would be refused.
      values: texts.map((text) => redactForModel(text) || 'withheld'),
      maxRetries: 0,
      abortSignal: AbortSignal.timeout(settings.timeoutMs),
    });
    return embeddings;
  };
}
