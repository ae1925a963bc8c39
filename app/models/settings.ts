// From the configuration of a model provider to what its adapter takes. Loads no SDK: `doctor` asks here, too.

import { defaultBaseUrls, type ModelSettings } from '../../adapters/llm/settings.ts';
import type { Config } from '../../config/load.ts';

type Provider = Config['model']['providers'][number];

/** The variable that a provider needs and that is not set; null when it has what it needs. */
export function missingKey({ type }: Provider, secrets: Config['secrets']): string | null {
  switch (type) {
    case 'groq':
      return secrets.groqApiKey === null ? 'SENTINEL_GROQ_API_KEY' : null;
    case 'openai':
      return secrets.openaiApiKey === null ? 'SENTINEL_OPENAI_API_KEY' : null;
    case 'anthropic':
      return secrets.anthropicApiKey === null ? 'SENTINEL_ANTHROPIC_API_KEY' : null;
    case 'compatible':
      return null;
  }
}

/** Where a provider is asked. */
export function baseUrlOf(provider: Provider): string {
  return provider.type === 'compatible'
    ? provider.baseUrl
    : (provider.baseUrl ?? defaultBaseUrls[provider.type]);
}

export function settingsOf(provider: Provider, secrets: Config['secrets']): ModelSettings {
  const { name, type, model, timeout, structuredOutput } = provider;
  return {
    name,
    type,
    model,
    baseUrl: baseUrlOf(provider).replace(/\/+$/, ''),
    apiKey: keyOf(provider, secrets),
    timeoutMs: timeout,
    structuredOutput,
    prices: { input: provider.usdPerMillionInputTokens, output: provider.usdPerMillionOutputTokens },
  };
}

function keyOf(provider: Provider, secrets: Config['secrets']): string | null {
  switch (provider.type) {
    case 'groq':
      return secrets.groqApiKey?.reveal() ?? null;
    case 'openai':
      return secrets.openaiApiKey?.reveal() ?? null;
    case 'anthropic':
      return secrets.anthropicApiKey?.reveal() ?? null;
    case 'compatible':
      return provider.sendApiKey ? (secrets.modelApiKey?.reveal() ?? null) : null;
  }
}
