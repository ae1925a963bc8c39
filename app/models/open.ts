// The configured language models, in the order they are asked. One without its key is passed over, not an error: an
// incident is handled without a model as well.

import type { ModelDeps } from '../../activities/deps.ts';
import type { ModelTurns } from '../../activities/ports.ts';
import type { Config } from '../../config/load.ts';
import { missingKey, settingsOf } from './settings.ts';

/** Null when none is left. `passedOver` is told of each that has no key. */
export async function openModels(
  { model, secrets }: Pick<Config, 'model' | 'secrets'>,
  turns: ModelTurns,
  passedOver: (name: string, variable: string) => void,
): Promise<ModelDeps | null> {
  if (model.providers.length === 0) return null;
  // The SDK is large, and most processes (and every one without a model) do without it.
  const { createLanguageModel } = await import('../../adapters/llm/language-model.ts');
  const models = model.providers.flatMap((provider) => {
    const missing = missingKey(provider, secrets);
    if (missing !== null) passedOver(provider.name, missing);
    return missing === null ? [createLanguageModel(settingsOf(provider, secrets))] : [];
  });
  if (models.length === 0) return null;
  const { turnsPerIncident, tokensPerIncident, usdPerIncident, usdPerHour } = model.budgets;
  return {
    models,
    turns,
    budgets: {
      turnsPerIncident,
      tokensPerIncident,
      microdollarsPerIncident: Math.round(usdPerIncident * 1_000_000),
      microdollarsPerHour: Math.round(usdPerHour * 1_000_000),
    },
    maxOutputTokens: model.maxOutputTokens,
    texts: model.texts,
  };
}
