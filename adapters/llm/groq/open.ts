// Groq through the AI SDK.

import { createGroq } from '@ai-sdk/groq';
import type { OpenModel } from '../language-model.ts';

export const openGroq: OpenModel = ({ model, baseUrl: baseURL, apiKey }, fetch) =>
  // An empty key is sent as such and refused by the vendor; undefined would be looked up in the environment.
  createGroq({ apiKey: apiKey ?? '', baseURL, fetch })(model);
