// OpenAI through the AI SDK.

import { createOpenAI } from '@ai-sdk/openai';
import type { OpenEmbedding } from '../embeds.ts';
import type { OpenModel } from '../language-model.ts';

export const openOpenAI: OpenModel = ({ model, baseUrl: baseURL, apiKey }, fetch) =>
  // An empty key is sent as such and refused by the vendor; undefined would be looked up in the environment.
  // Chat completions: the newer API of OpenAI keeps prompts for weeks unless told otherwise.
  createOpenAI({ apiKey: apiKey ?? '', baseURL, fetch }).chat(model);

export const openOpenAIEmbedding: OpenEmbedding = ({ model, baseUrl: baseURL, apiKey }, fetch) =>
  createOpenAI({ apiKey: apiKey ?? '', baseURL, fetch }).embeddingModel(model);
