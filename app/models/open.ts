// The configured language models, in the order they are asked. One without its key is passed over, not an error: an
// incident is handled without a model as well.

import type { ModelDeps } from '../../activities/deps.ts';
import type { LanguageModel, ModelTurns } from '../../activities/ports.ts';
import type { Config } from '../../config/load.ts';
import { askedModel, missingKey, vendorOf } from './vendors.ts';

/** Null when none is left. `passedOver` is told of each that has no key. */
export async function openModels(
  { model, vendorSecrets }: Pick<Config, 'model' | 'vendorSecrets'>,
  turns: ModelTurns,
  passedOver: (name: string, variable: string) => void,
): Promise<ModelDeps | null> {
  const models: LanguageModel[] = [];
  for (const provider of model.providers) {
    const missing = missingKey(provider, vendorSecrets);
    if (missing === null) models.push(await open(provider, vendorSecrets));
    else passedOver(provider.name, missing);
  }
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

async function open(
  provider: Config['model']['providers'][number],
  given: Config['vendorSecrets'],
): Promise<LanguageModel> {
  const { load, secrets } = vendorOf(provider, given);
  return (await load()).create(askedModel(provider), secrets);
}
