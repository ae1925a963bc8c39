// Anthropic through the AI SDK.

import { createAnthropic } from '@ai-sdk/anthropic';
import type { OpenModel } from '../language-model.ts';

export const openAnthropic: OpenModel = ({ model, baseUrl: baseURL, apiKey }, fetch) =>
  // An empty key is sent as such and refused by the vendor; undefined would be looked up in the environment.
  createAnthropic({ apiKey: apiKey ?? '', baseURL, fetch })(model);
