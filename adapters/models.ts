// The vendors of language models that Sentinel can ask, by the `type` that a configuration gives: a folder each, and one line here.

import { anthropic } from './llm/anthropic/index.ts';
import { compatible } from './llm/compatible/index.ts';
import { groq } from './llm/groq/index.ts';
import { openai } from './llm/openai/index.ts';
import type { ModelVendor } from './model-vendor.ts';

export const modelVendors = {
  groq,
  openai,
  anthropic,
  compatible,
} satisfies Readonly<Record<string, ModelVendor>>;
