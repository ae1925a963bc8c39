// The vendors behind one interface, through the AI SDK.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createGroq } from '@ai-sdk/groq';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';
import type { ModelSettings } from './settings.ts';

/** `fetch` is what every request goes through. */
export function openModel(settings: ModelSettings, fetch: typeof globalThis.fetch): LanguageModel {
  const { type, name, model, baseUrl: baseURL } = settings;
  // An empty key is sent as such and refused by the vendor; undefined would be looked up in the environment.
  const apiKey = settings.apiKey ?? '';
  switch (type) {
    case 'groq':
      return createGroq({ apiKey, baseURL, fetch })(model);
    case 'openai':
      // Chat completions: the newer API of OpenAI keeps prompts for weeks unless told otherwise.
      return createOpenAI({ apiKey, baseURL, fetch }).chat(model);
    case 'anthropic':
      return createAnthropic({ apiKey, baseURL, fetch })(model);
    case 'compatible':
      return createOpenAICompatible({
        name,
        baseURL,
        fetch,
        supportsStructuredOutputs: settings.structuredOutput === 'schema',
        ...(settings.apiKey === null ? {} : { apiKey: settings.apiKey }),
      })(model);
  }
}
